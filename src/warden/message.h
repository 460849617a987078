// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What the root of a jail and the host say to each other (remote.h, viewer.h). One question goes up
// on a connection; answers come down until one ends it. In between the host may ask back: the
// commands of a jail's parameters are run by whoever asked for the jail, where he is.
//
// The host reads questions that anybody in a jail may have written: from_text() gives a well-formed
// one, without a NUL in any of its texts, or an error; what it asks for is another matter.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "warden/commands.h"
#include "warden/index.h"
#include "warden/record.h"
#include "warden/users.h"

namespace gaol::warden {

struct Question {
  std::string verb;               // `start`, `stop` ... ; `ran` and `signal` follow upon an answer
  std::string who;                // a jid or a name
  jail::Settings settings;        // of start, modify, needs_restart and stop
  std::vector<std::string> runs;  // start and stop: parameters that have commands
  bool flag = false;              // stop: with hooks; listings: with the dying
  int number = 0;                 // of a signal
  std::string text;               // a user's name; of `ran`, why it failed
  sys::Command command;           // of attach: argv, environment, directory, ids
  std::string failure{};          // what a failure to execute it is called

  std::string to_text() const;
  static Result<Question> from_text(std::string_view text);
};

struct Answer {
  enum class Kind : uint8_t {
    done,   // the end; `number` is a jid, a wait(2) status, a yes or no
    error,  // the end
    run,    // run the commands of parameter `text` in the jail `number`; `ran` is awaited
    begun,  // the program runs
    jail,   // one of them; more may follow
    entry,  // likewise
    user,
  };
  Kind kind = Kind::done;
  // What happened before.
  std::vector<std::pair<Report::What, std::string>> told{};
  int number = 0;
  std::string text{};
  bool in_jail = false;  // of `run`: Where::jail
  Error error{};
  Record jail{};
  Entry entry{};
  User user{};

  std::string to_text() const;
  static Result<Answer> from_text(std::string_view text);
};

}  // namespace gaol::warden
