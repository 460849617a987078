// SPDX-License-Identifier: BSD-2-Clause
//
// Read before every file that is compiled against musl (cmake/musl.cmake). libstdc++'s headers
// were configured for glibc: here is what they take from glibc's headers and musl's do not have.
#pragma once

// No version of glibc; bits/os_defines.h asks.
#define __GLIBC_PREREQ(major, minor) 0
#include <bits/c++config.h>

// Calls that musl does not have.
#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK

// bits/c++locale.h
#define __locale_t locale_t

// bits/ctype_base.h. The values are those of glibc's <ctype.h>, though no stream is ever made.
enum {
  _ISupper = 1 << 0,
  _ISlower = 1 << 1,
  _ISalpha = 1 << 2,
  _ISdigit = 1 << 3,
  _ISxdigit = 1 << 4,
  _ISspace = 1 << 5,
  _ISprint = 1 << 6,
  _ISblank = 1 << 8,
  _IScntrl = 1 << 9,
  _ISpunct = 1 << 10,
};
