// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <gtest/gtest.h>

// A Result that must hold a value; a failure says its error.
#define ASSERT_OK(expr)                             \
  do {                                              \
    const auto& result_ = (expr);                   \
    ASSERT_TRUE(result_) << result_.error().line(); \
  } while (false)
