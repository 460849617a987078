// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The host's side of the door (door.h): one question of a jail's root, answered by a process of the
// host for that alone.
//
// Whoever asks may have written anything, so nothing is taken from him but what a table allows, and
// that is put in the host's words before it is looked at: a name is one below the jail's own, a
// path one below its root, a jid that of a jail below it. Then it is the warden's as if root of the
// host had asked for a child of that jail, with all the rules that hold there (jail/hierarchy.h);
// files are only ever opened by a process in the jail's own mount namespace (sys/envoy.h). What
// goes back is in the jail's words again.
//
// Commands of parameters are not run here. Whoever asked runs them, where he is.

#include <string>
#include <utility>
#include <vector>

#include "sys/channel.h"
#include "warden/message.h"
#include "warden/warden.h"

namespace gaol::warden {

class Viewer {
 public:
  // `jid` and `init` are the jail's whose door it is.
  Viewer(sys::Kernel& kernel, const sys::Fd& line, Jid jid, const sys::ProcessId& init,
         std::string root = kStateRoot);

  // Hears one question, and answers it if it is root of that very jail who asks.
  void attend();

 private:
  struct Verb {
    std::string_view name;
    Result<int> (Viewer::*act)(const Question&);
  };
  static const Verb kVerbs[];

  Result<> admit();
  Result<Question> hear(int milliseconds);
  void send(Answer answer);
  Result<int> answer_next();
  Result<int> answer(const Question& question);
  void wait_for_farewell();

  Result<int> start(const Question& question);
  Result<int> modify(const Question& question);
  Result<int> needs_restart(const Question& question);
  Result<int> stop(const Question& question);
  Result<int> find(const Question& question);
  Result<int> list(const Question& question);
  Result<int> listing(const Question& question);
  Result<int> look_up(const Question& question);
  Result<int> attach(const Question& question);
  Result<int> user(const Question& question);

  // The jail below that is meant.
  Result<Record> below(std::string_view who);
  Result<Request> change_of(const Question& question);
  Result<> ask_back(const CommandContext& context, std::string_view parameter, Where where);

  // In the jail's words.
  Record shown(Record record) const;
  Entry shown(const Entry& entry) const;
  jail::Settings shown(const jail::Settings& settings, const std::string& name) const;
  std::string shown(std::string text) const;

  sys::Kernel& kernel_;
  const sys::Fd& line_;
  const Jid jid_;
  const sys::ProcessId init_;
  Record self_;
  std::vector<std::pair<Report::What, std::string>> told_;
  std::vector<std::string> runs_;  // parameters whose commands are asked back for
  std::vector<sys::Fd> brought_;   // descriptors that came with the question
  Warden warden_;
};

// The settings that root of `self` may give a jail below it, in the host's words. EPERM and the
// parameter for all others: what is not in the table is refused.
Result<jail::Settings> settings_from_inside(const Record& self, const jail::Settings& asked);

}  // namespace gaol::warden
