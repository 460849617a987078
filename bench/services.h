// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What benchmarks of networks share: commands that must succeed, and programs that run beside them.

#include <signal.h>

#include <algorithm>

#include "bench/stage.h"

namespace gaol::bench {

inline std::string must(const Words& words) {
  const Answer answer = ask(words);
  if (answer.status != 0) die(fmt::format("{}: {}", gaol::join(words, " "), answer.text));
  return answer.text;
}

inline double number_of(const Words& words) { return std::atof(must(words).c_str()); }

// A program that runs until this goes.
class Service {
 public:
  explicit Service(const Words& words) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (::posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), environ)) die(words[0]);
  }
  ~Service() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

 private:
  pid_t pid_ = 0;
};

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace gaol::bench
