// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gaol {

// How many single edits (insert, delete, replace, swap of neighbours) lead from `a` to `b`.
// Anything above `limit` is reported as limit + 1.
int edit_distance(std::string_view a, std::string_view b, int limit);

// The candidate nearest to `word`, or an empty view when none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// `, did you mean "host.hostname"?`, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gaol
