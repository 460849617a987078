// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Copying and comparing of few bytes. musl copies by a string instruction, which takes longer to
// begin than a name takes to copy, and compares byte by byte; most of what a command handles is
// names. Here a length of up to 32 is two loads and two stores that overlap in the middle, and
// what is longer goes 16 bytes at a time. src/sys/musl.cc gives these the names of libc's.

#include <bit>
#include <cstddef>
#include <cstdint>

namespace gaol::sys {

typedef uint64_t Sixteen __attribute__((vector_size(16)));

template <class T>
inline T load(const char* from) noexcept {
  T value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
inline void store(char* to, T value) noexcept {
  __builtin_memcpy(to, &value, sizeof value);
}

// REQUIRES: sizeof(T) <= n <= 2 * sizeof(T).
template <class T>
inline void copy_ends(char* to, const char* from, size_t n) noexcept {
  const T head = load<T>(from), tail = load<T>(from + n - sizeof(T));
  store(to, head);
  store(to + n - sizeof(T), tail);
}

inline void copy_few(char* to, const char* from, size_t n) noexcept {
  if (n > 16) return copy_ends<Sixteen>(to, from, n);
  if (n >= 8) return copy_ends<uint64_t>(to, from, n);
  if (n >= 4) return copy_ends<uint32_t>(to, from, n);
  if (n >= 2) return copy_ends<uint16_t>(to, from, n);
  if (n == 1) *to = *from;
}

// The areas may overlap, like memmove's.
inline void copy_bytes(char* to, const char* from, size_t n) noexcept {
  constexpr size_t kStep = sizeof(Sixteen);
  if (n <= 2 * kStep) return copy_few(to, from, n);
  if (reinterpret_cast<uintptr_t>(to) - reinterpret_cast<uintptr_t>(from) >= n) {
    const auto last = load<Sixteen>(from + n - kStep);
    for (size_t at = 0; at < n - kStep; at += kStep) store(to + at, load<Sixteen>(from + at));
    store(to + n - kStep, last);
  } else {  // upwards into itself: from the end
    const auto first = load<Sixteen>(from);
    for (size_t at = n; at > kStep; at -= kStep)
      store(to + at - kStep, load<Sixteen>(from + at - kStep));
    store(to, first);
  }
}

// Below, equal to or above 0, as memcmp has it.
inline int compare_words(uint64_t a, uint64_t b) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    a = __builtin_bswap64(a);
    b = __builtin_bswap64(b);
  }
  return a < b ? -1 : a > b;
}
inline int compare_bytes(const char* a, const char* b, size_t n) noexcept {
  constexpr size_t kStep = sizeof(uint64_t);
  size_t at = 0;
  for (; n - at >= kStep; at += kStep) {
    const auto left = load<uint64_t>(a + at), right = load<uint64_t>(b + at);
    if (left != right) return compare_words(left, right);
  }
  for (; at < n; ++at)
    if (a[at] != b[at])
      return static_cast<unsigned char>(a[at]) - static_cast<unsigned char>(b[at]);
  return 0;
}

}  // namespace gaol::sys
