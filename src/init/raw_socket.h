// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "init/caller.h"

namespace gaol::init {

// Carries out a socket(2) that the host makes (jail/raw_sockets.h): gives the number that the new
// socket has in the caller, or -errno. EACCES: nobody is there who could make it.
long raw_socket_for(const Caller& caller);

}  // namespace gaol::init
