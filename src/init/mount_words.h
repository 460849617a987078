// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a mount(2) is asked for in flags and words. Whatever is not known here is refused: an option
// that is passed over may have been the one that mattered.

#include <linux/mount.h>

namespace gaol::init {

// Adds what the flags mean for a mount to `attributes`. False: they hold one that is not known.
bool translate_flags(unsigned long flags, mount_attr& attributes);

// The size of a tmpfs in KiB: `16m`, a number of bytes, or `50%` of `memory`. 0: it is none of
// these, or less than 1 KiB.
unsigned long size_of(const char* text, unsigned long memory);

struct OptionName {
  const char* key;  // null: the last one of a list
  bool has_value;
};

struct Option {
  const char* key;
  const char* value;  // null: it has none
};

// Those of one file system, in the order they were given.
class Options {
 public:
  // `known` are the names that it takes; null: none.
  void expect(const OptionName* known) { known_ = known; }
  // Takes `words` apart, in place, and refers to them from then on. -EINVAL: one is not known,
  // lacks its value or has one too many, or there are more than 16.
  long take(char* words);
  long add(const char* key, const char* value);
  // The last one of that name, which is the one that counts; null: there is none.
  Option* find(const char* key);

  const Option* begin() const { return options_; }
  const Option* end() const { return options_ + count_; }

 private:
  const OptionName* known_ = nullptr;
  unsigned count_ = 0;
  Option options_[16];
};

}  // namespace gaol::init
