// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Text without a locale and without streams: the start path of a jail runs through here.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gaol {

namespace detail {
inline void append(std::string& out, std::string_view part) { out.append(part); }
inline void append(std::string& out, char part) { out.push_back(part); }
template <std::integral N>
requires(!std::same_as<N, char> && !std::same_as<N, bool>) void append(std::string& out, N number) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}
}  // namespace detail

// Joins strings, characters and integers: concat("jail ", 7, ": gone").
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

// The kernel's words for an errno value, without a locale.
std::string_view errno_text(int code);

// Splits at every `separator`; an empty text gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
// Splits at runs of blanks (space, tab, FF, VT, CR, LF); gives no empty piece.
std::vector<std::string_view> words(std::string_view text);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
std::string_view trim(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);

// The whole text as a decimal number; nothing for junk, signs out of place or overflow.
template <std::integral N>
std::optional<N> number(std::string_view text) {
  N value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

}  // namespace gaol
