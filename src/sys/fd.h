// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <unistd.h>

#include <utility>

namespace gaol::sys {

// An open file descriptor that closes itself. Move-only; -1 means "moved from", never "failed".
// Every descriptor of gaol is close-on-exec from birth.
class [[nodiscard]] Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int raw) noexcept : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (raw_ >= 0) ::close(raw_);
  }
  int get() const noexcept { return raw_; }                   // lent, not given: no operator int
  int release() noexcept { return std::exchange(raw_, -1); }  // given to C
  explicit operator bool() const noexcept { return raw_ >= 0; }

 private:
  int raw_ = -1;
};

}  // namespace gaol::sys
