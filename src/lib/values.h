// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jail/params.h"
#include "warden/record.h"

namespace gaol::lib {

// What a parameter of a running jail is, given, by default or by the jail's own doing: the texts
// of a list's elements, or one text, which may be empty. A boolean is "true" or "false"; of an
// address the address alone. `key` asks for one line of a key/value buffer.
std::vector<std::string> value_of(const warden::Record& jail, const jail::Param& param,
                                  std::string_view key = {});

}  // namespace gaol::lib
