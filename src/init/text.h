// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The little that init, which has no libc, needs of text.

namespace gaol::init {

inline bool is_equal(const char* a, const char* b) {
  while (*a && *a == *b) ++a, ++b;
  return *a == *b;
}

// What follows `prefix` in `text`, or null where it does not begin so.
inline const char* behind(const char* prefix, const char* text) {
  while (*prefix && *prefix == *text) ++prefix, ++text;
  return *prefix ? nullptr : text;
}

// The decimal number that `text` begins with; what has none begins with 0. `rest`, if given, is
// set to what follows. Too large a number is the largest one.
inline unsigned long number_of(const char* text, const char** rest = nullptr) {
  unsigned long value = 0;
  for (; *text >= '0' && *text <= '9'; ++text)
    if (__builtin_mul_overflow(value, 10UL, &value) ||
        __builtin_add_overflow(value, static_cast<unsigned long>(*text - '0'), &value))
      value = ~0UL;
  if (rest) *rest = text;
  return value;
}

// A number as decimal text.
class Decimal {
 public:
  explicit Decimal(unsigned long value) {
    do *--at_ = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
  }
  Decimal(const Decimal&) = delete;
  Decimal& operator=(const Decimal&) = delete;
  const char* text() const { return at_; }

 private:
  char digits_[21]{};
  char* at_ = digits_ + sizeof digits_ - 1;
};

}  // namespace gaol::init
