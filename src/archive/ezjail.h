// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What `ezjail-admin archive` writes: a cpio or tar, compressed, of the jail's tree below `ezjail`,
// beside a file of shell variables that ezjail-admin sources as root. Here it is read, line by
// line, and what jail.conf has a word for carries over.

#include <string>
#include <string_view>

namespace gaol::archive {

inline constexpr std::string_view kEzjailTree = "ezjail";

// Whether an archive whose first entry is this is one of ezjail's, and whether an entry is the file
// of variables.
bool begins_ezjail(const std::string& path);
bool is_ezjail_properties(const std::string& path);

// Lines of `export jail_NAME_WORD="VALUE"` as statements of jail.conf.
std::string ezjail_statements(std::string_view properties);

}  // namespace gaol::archive
