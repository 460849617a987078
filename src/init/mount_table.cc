// SPDX-License-Identifier: BSD-2-Clause
#include "init/mount_table.h"

#include <linux/fcntl.h>

#include "init/text.h"
#include "sys/raw.h"

namespace gaol::init {
namespace {

using sys::raw::call;

struct Line {
  unsigned long mount = 0;
  unsigned long tmpfs = 0;  // its size in KiB; 0: it is something else
};

// Reads the table word by word. A word that is too long to be one we look for is cut.
class Table {
 public:
  // Our working directory is procfs.
  Table() : file_(call(__NR_openat, AT_FDCWD, "self/mountinfo", O_RDONLY | O_CLOEXEC)) {}
  ~Table() {
    if (file_ >= 0) call(__NR_close, file_);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  bool next(Line& line) {
    line = {};
    take_word(' ');
    if (ended()) return false;
    line.mount = number_of(word_);
    while (!ended() && !is_equal(word_, "-")) take_word(' ');  // behind it stands the type
    take_word(' ');
    const bool is_tmpfs = is_equal(word_, "tmpfs");
    take_word(' ');  // the source; then what mount(8) would give behind -o
    while (!ended()) {
      take_word(',');
      if (const char* size = behind("size=", word_); is_tmpfs && size) line.tmpfs = number_of(size);
    }
    return true;
  }

  bool failed() const { return filled_ < 0; }

 private:
  static constexpr char kEnd = '\0';

  char take() {
    if (at_ == filled_) {
      at_ = 0;
      filled_ = file_ < 0 ? file_ : call(__NR_read, file_, bytes_, sizeof bytes_);
      if (filled_ <= 0) return at_ = filled_, kEnd;
    }
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): the kernel filled it in
    return bytes_[at_++];
  }

  void take_word(char end) {
    unsigned length = 0;
    for (last_ = take(); last_ != end && !ended(); last_ = take())
      if (length + 1 < sizeof word_) word_[length++] = last_;
    word_[length] = '\0';
  }
  // Whether the word was the last one of its line.
  bool ended() const { return last_ == '\n' || last_ == kEnd; }

  long file_, at_ = 0, filled_ = 0;
  char last_ = kEnd;  // what ended the word
  char word_[32], bytes_[2048];
};

}  // namespace

void Foundation::lay() {
  if (count_ > 0) return;
  Table table;
  for (Line line; table.next(line) && count_ <= kMost; ++count_)
    if (count_ < kMost) mounts_[count_] = line.mount;
  if (table.failed()) count_ = kMost + 1;
}

bool Foundation::holds(unsigned long mount) const {
  if (!complete()) return true;
  for (int at = 0; at < count_; ++at)
    if (mounts_[at] == mount) return true;
  return false;
}

Usage usage_beyond(const Foundation& foundation) {
  Usage usage;
  Table table;
  for (Line line; table.next(line);) {
    if (foundation.holds(line.mount)) continue;
    ++usage.mounts;
    usage.tmpfs += line.tmpfs;
  }
  if (table.failed()) usage.mounts = ~0U;
  return usage;
}

}  // namespace gaol::init
