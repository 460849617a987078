// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string.h>

#include <cerrno>
#include <set>
#include <string>

namespace gaol::test {

// What came of one attack's tries.
class Attempt {
 public:
  void held(const std::string& by) { refusals_.insert(by); }
  void escaped(const std::string& how) {
    if (escape_.empty()) escape_ = how;
  }
  // A try that was refused if `rc` is negative.
  bool refused(long rc, const std::string& what) {
    const int code = errno;
    if (rc < 0) {
      held(::strerrorname_np(code));
    } else {
      escaped(what);
    }
    return rc < 0;
  }
  std::string verdict() const {
    if (!escape_.empty()) return "ESCAPED: " + escape_;
    std::string text = "held:";
    for (const auto& refusal : refusals_) text += " " + refusal;
    return text;
  }

 private:
  std::set<std::string> refusals_;
  std::string escape_;
};

}  // namespace gaol::test
