// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Programs on the host that work on a tree for a while and say something meanwhile.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/kernel.h"

namespace gaol::dataset {

using Progress = std::function<void(std::string_view line)>;

// The words to put in front of a command that must not outlive this process, nor anything it
// starts: when this process dies everything in its namespaces does. What it mounts in the tree is
// nobody's concern there.
std::vector<std::string> alone();

// A program whose output, both streams of it, is read while it runs.
class Watched {
 public:
  // `progress` gets every line of the output once it is complete.
  Watched(sys::Command command, Progress progress)
      : command_(std::move(command)), progress_(std::move(progress)) {}

  Result<int> run();  // its wait status

  std::string_view text() const { return text_; }
  // What stands behind the last line's end.
  std::string_view rest() const { return std::string_view(text_).substr(told_); }

 private:
  void report_lines();

  sys::Command command_;
  Progress progress_;
  std::string text_;
  size_t told_ = 0;
};

}  // namespace gaol::dataset
