// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// System calls for code that runs between clone and exec, and for init: no errno (it lives in
// thread-local storage that a CLONE_VM child shares with its parent), no cancellation, nothing
// of libc. A negative result is -errno. Nobody else includes this file; ordinary code goes
// through sys/kernel.h.

#include <asm/unistd.h>
#include <linux/mount.h>

#include <concepts>
#include <type_traits>

// Where Debian 12's headers are older than the calls (the numbers are the same everywhere).
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif

namespace gaol::sys::raw {

using Word = long;

template <class T>
inline Word word(T* pointer) noexcept {
  return reinterpret_cast<Word>(pointer);
}
inline Word word(decltype(nullptr)) noexcept { return 0; }
template <class T>
requires std::integral<T> || std::is_enum_v<T>
inline Word word(T value) noexcept { return static_cast<Word>(value); }

#if defined(__x86_64__)
inline Word call6(Word n, Word a, Word b, Word c, Word d, Word e, Word f) noexcept {
  Word result;
  register Word r10 asm("r10") = d;
  register Word r8 asm("r8") = e;
  register Word r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
inline Word call6(Word n, Word a, Word b, Word c, Word d, Word e, Word f) noexcept {
  register Word x8 asm("x8") = n;
  register Word x0 asm("x0") = a;
  register Word x1 asm("x1") = b;
  register Word x2 asm("x2") = c;
  register Word x3 asm("x3") = d;
  register Word x4 asm("x4") = e;
  register Word x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
}
#else
#error "gaol runs on x86_64 and aarch64"
#endif

template <class A = int, class B = int, class C = int, class D = int, class E = int, class F = int>
inline Word call(Word number, A a = {}, B b = {}, C c = {}, D d = {}, E e = {}, F f = {}) noexcept {
  return call6(number, word(a), word(b), word(c), word(d), word(e), word(f));
}

}  // namespace gaol::sys::raw
