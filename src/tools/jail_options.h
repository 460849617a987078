// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The words of a jail(8) command line: flags, which of the five forms they make, and the jail
// that two of the forms describe word by word. What is no valid form ends the program with the
// usage text.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "warden/plan.h"

namespace gaol::tools {

// Prints how jail(8) is called and ends the program.
[[noreturn]] void usage();

// In the order in which jail(8) decides.
enum class Form : uint8_t { print, old_style, removal, command_line, configured };

struct Options {
  bool create = false, modify = false, remove = false;
  bool remove_running = false;  // -R: with no regard to configuration
  bool clean_up = false, print_jid = false, deprecated = false;
  int verbosity = 0;   // -q and -i: -1, -v: 1; the last one counts
  unsigned limit = 0;  // of commands at a time; 0: none
  std::optional<std::string> separator;
  std::string conf_file = "/etc/jail.conf";
  std::optional<std::string> jid_file;
  jail::Settings settings;  // from -h, -l, -n, -s, -u, -U
  std::vector<std::string> words;

  bool quiet() const { return verbosity < 0; }
  bool restarts() const { return remove && create && !modify; }
};

Options parse_options(int argc, char** argv);
Form form_of(const Options& options);

// The jail that `name`, `name=value` and `command=...` describe.
Result<warden::Request> request_from_words(const Options& options);
// The jail of path, host name, addresses and command; `standard` are the machine's settings for
// such jails.
warden::Request request_in_old_style(const Options& options, const jail::Settings& standard);

}  // namespace gaol::tools
