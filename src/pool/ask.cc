// SPDX-License-Identifier: BSD-2-Clause
#include "pool/ask.h"

#include <cerrno>

#include "host/facts.h"
#include "sys/program.h"

namespace gaol::pool {

Result<std::string> ask_program(const Words& words) {
  Words argv = words;
  argv[0] = host::find_program(words[0]);
  if (argv[0].empty()) return fail_errno(ENOENT, words[0]);
  auto answer = TRY(sys::run_program(argv));
  if (answer.status == 0) return std::move(answer.text);
  const auto text = trim(answer.text);
  const auto last = text.substr(text.rfind('\n') + 1);
  return fail(words[0], ": ", last.empty() ? "failed without a word" : last);
}

}  // namespace gaol::pool
