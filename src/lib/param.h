// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// struct jailparam from inside: a name of the registry, and a value in memory that free(3) takes.

#include <gaol/jail.h>

#include <optional>

#include "base/result.h"
#include "jail/params.h"

namespace gaol::lib {

// `lastjid` is no parameter of a jail but a way to ask for the next one.
inline constexpr std::string_view kLastJid = "lastjid";

// The record of a parameter without a value. ENOENT: no such parameter, or none of a jail's own.
Result<> init(jailparam& record, const char* name);
// The name again as the registry understands it. REQUIRES: init() passed; not lastjid.
jail::Spelling spelling_of(const jailparam& record);

// From text, replacing the value. A raw value is written to where it is; EINVAL: no room.
Result<> import(jailparam& record, std::string_view text);
// To text; nothing if there is no value. EINVAL: a raw value of the wrong size.
Result<std::optional<std::string>> exported(const jailparam& record);

}  // namespace gaol::lib
