// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Messages between a program in a jail and a process of the host, over a unix socket with a name.
// Each message arrives whole or not at all, is never longer than kLongestMessage, and may bring
// descriptors along. Who is at the other end is asked of the kernel, not of him.
// Source: unix(7).

#include <signal.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/fd.h"

namespace gaol::sys {

constexpr size_t kLongestMessage = 128 << 10;  // bytes; environments of programs are in it
constexpr size_t kMostDescriptors = 3;         // in one message

struct Message {
  std::string text;
  std::vector<Fd> descriptors;
};

// ECONNREFUSED, ENOENT: nobody listens.
Result<Fd> connect_to(const std::string& path);
Result<Fd> accept_on(const Fd& listener);

// EMSGSIZE: it is too long. EPIPE: the other side is gone.
Result<> send_message(const Fd& socket, std::string_view text,
                      std::span<const int> descriptors = {});
// The next message, or nothing when the other side is gone. EMSGSIZE: it was too long, or brought
// too many descriptors. ETIMEDOUT when `milliseconds` (-1: none) ran out first.
Result<std::optional<Message>> receive_message(const Fd& socket, int milliseconds = -1);

// Who connected, as he was then.
struct Peer {
  int pid = 0;       // as our PID namespace counts
  uint32_t uid = 0;  // as our user namespace does
  Fd pidfd;
};
// Before Linux 6.5 the pidfd is found by the pid, which may be another's by then: look at the
// process through the pidfd's eyes, and ask last whether it lives.
Result<Peer> peer_of(const Fd& socket);

// From here on these are our standard input, output and error.
Result<> take_as_standard(std::span<const Fd> descriptors);

// Waits until there is something to read from one of them, its end among that, or it has ended if
// it is a process: whether so, of each.
Result<std::vector<bool>> wait_for_any(std::span<const Fd* const> descriptors);

// Sends a signal to the process group that a child of ours, not yet collected, leads.
void signal_group(const Fd& leader, int signal);

// Signals that a user or a terminal may send a process which stands for one that is not its child.
// They wait from the construction on: made before the fork, so that none comes too early, it holds
// those of whoever reads it, and its end in the parent lets the parent's go.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  // Waits for a signal, or for something to receive on `socket`: nothing.
  std::optional<int> next(const Fd& socket) const;

 private:
  Fd signals_;
  sigset_t before_;
};

}  // namespace gaol::sys
