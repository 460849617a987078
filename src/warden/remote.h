// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// The authority as a jail has it: every question goes through the door (door.h) to the host. What
// jail(8) does itself stays here: the commands of a jail's parameters, the files and users they
// name, and the console log are this jail's own, and the host never hears of them.
//
// A program in a jail below is a child of the host's process. What attach() gives is a child of
// ours that stands for it: signals sent to it are passed on, and it ends as the program does.

#include <functional>
#include <string>

#include "warden/authority.h"
#include "warden/message.h"

namespace gaol::warden {

class Remote final : public Authority {
 public:
  Remote(sys::Kernel& kernel, Report report) : kernel_(kernel), report_(std::move(report)) {}

  Result<Jid> start(const Request& asked) override;
  Result<> modify(const Request& request) override;
  bool needs_restart(const Request& request) override;
  Result<> stop(const Record& jail, const jail::Settings* configured,
                const std::string& title) override;
  Result<> cleanup(const jail::Settings& settings, const std::string& title) override;
  Result<Record> find(std::string_view jid_or_name) override;
  std::vector<Record> list() override;
  Result<std::vector<Entry>> listing(Dying dying, Names names) override;
  Result<Entry> look_up(std::string_view jid_or_name, Dying dying, Names names) override;
  Result<sys::Fd> attach(const Record& jail, const sys::Command& command) override;
  Result<User> user_of(const Record& jail, std::string_view who) override;

 private:
  // The jail whose commands the host may ask us to run.
  struct Errand {
    const jail::Settings& settings;
    std::string title, name, path;
    std::span<const std::string> argv{};
  };
  // Asks, and does what is asked back until the last answer, which it gives; answers that are one
  // of several go to `each`.
  Result<Answer> converse(const Question& question, const Errand* errand = nullptr,
                          const std::function<void(Answer)>& each = {});
  Result<> run(const Errand& errand, const Answer& order);
  CommandContext context(const Errand& errand, Jid jid);
  void tell(const Answer& answer, const Errand* errand) const;

  sys::Kernel& kernel_;
  Report report_;
  std::vector<Stray> strays_;
};

}  // namespace gaol::warden
