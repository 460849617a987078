// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

namespace gaol::jail {

// A template of a manual page or of a shell's completion, with what the registry knows in place
// of its marks:
//   @JAIL_PARAMETERS@  mdoc: the list of what a jail has
//   @TOOL_PARAMETERS@  mdoc: the list of what jail(8) consumes
//   @JAIL_WORDS@       what a word of jail(8) begins with: `persist`, `nopersist`, `path=`
//   @THREE_STATES@     the names of these
//   @JLS_WORDS@        every name that jls(8) takes
std::string fill(std::string_view page);

}  // namespace gaol::jail
