// SPDX-License-Identifier: BSD-2-Clause

// gaol-control DOOR JID PID BIRTH: what stands behind a door of one jail (warden/door.h). It
// listens on its standard input, gives each connection a process of its own, and ends when the
// jail's init does. Itself it reads nothing of what comes: whatever a question may do to the
// process that answers it, the next one finds another.

#include <algorithm>
#include <vector>

#include "sys/channel.h"
#include "sys/worker.h"
#include "tools/print.h"
#include "warden/raw_giver.h"
#include "warden/viewer.h"

namespace {

using namespace gaol;

// At a time; programs that run in the jails below hold one each. More have to wait.
constexpr size_t kMostConnections = 64;

class Door {
 public:
  Door(bool raw, warden::Jid jid, const sys::ProcessId& init) : raw_(raw), jid_(jid), init_(init) {}

  Result<> keep() {
    const sys::Fd listener(STDIN_FILENO);
    const sys::Fd init = TRY(kernel_.pidfd(init_));
    for (;;) {
      std::vector<const sys::Fd*> watched{&init};
      for (const auto& worker : workers_) watched.push_back(&worker.process);
      if (workers_.size() < kMostConnections) watched.push_back(&listener);
      const auto ready = TRY(sys::wait_for_any(watched));
      if (ready.front()) return {};
      const bool knocked = watched.back() == &listener && ready.back();
      collect();
      if (knocked) open(listener);
    }
  }

 private:
  void collect() {
    std::erase_if(workers_, [&](const sys::Worker& worker) {
      const auto ended = kernel_.reap(worker.process, 0);
      return !ended || *ended;
    });
  }

  // Who breaks off before he is let in is forgotten.
  void open(const sys::Fd& listener) {
    const auto line = sys::accept_on(listener);
    if (!line) return;
    auto worker = sys::start_worker([&](const sys::Fd&) {
      if (raw_)
        warden::give_raw_socket(kernel_, *line, jid_, init_);
      else
        warden::Viewer(kernel_, *line, jid_, init_).attend();
      return 0;
    });
    if (worker) workers_.push_back(std::move(*worker));
  }

  sys::Kernel& kernel_ = sys::real_kernel();
  const bool raw_;
  const warden::Jid jid_;
  const sys::ProcessId init_;
  std::vector<sys::Worker> workers_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto jid = argc == 5 ? number<warden::Jid>(argv[2]) : std::nullopt;
  const auto pid = argc == 5 ? number<int>(argv[3]) : std::nullopt;
  const auto birth = argc == 5 ? number<uint64_t>(argv[4]) : std::nullopt;
  if (!jid || !pid || !birth) {
    tools::complain("gaol-control", "is started by jail(8)");
    return 1;
  }
  return Door(std::string_view(argv[1]) == "raw", *jid, {*pid, *birth}).keep() ? 0 : 1;
}
