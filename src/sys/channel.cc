// SPDX-License-Identifier: BSD-2-Clause
#include "sys/channel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "sys/clone.h"

// Debian 12's headers are older.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace gaol::sys {

namespace {

struct Rights {
  alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int) * kMostDescriptors)];
};

// What came with a message is ours to close, whatever becomes of it.
std::vector<Fd> descriptors_of(msghdr& message) {
  std::vector<Fd> out;
  for (auto* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = 0; at < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++at) {
      int raw;
      ::memcpy(&raw, CMSG_DATA(part) + at * sizeof raw, sizeof raw);
      out.emplace_back(raw);
    }
  }
  return out;
}

Result<> wait_readable(const Fd& socket, int milliseconds) {
  pollfd readable{socket.get(), POLLIN, 0};
  int ready;
  do ready = ::poll(&readable, 1, milliseconds);
  while (ready < 0 && errno == EINTR);
  if (ready <= 0) return fail_errno(ready < 0 ? errno : ETIMEDOUT, "receive");
  return {};
}

Result<Fd> pidfd_of_peer(const Fd& socket, int pid) {
  int raw = -1;
  socklen_t size = sizeof raw;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERPIDFD, &raw, &size) == 0) return Fd(raw);
  if (errno != ENOPROTOOPT) return fail_errno(errno, "SO_PEERPIDFD");
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return fail_errno(errno, "pidfd_open");
  return pidfd;
}

}  // namespace

Result<Fd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail_errno(ENAMETOOLONG, path);
  path.copy(address.sun_path, path.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno(errno, "socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return fail_errno(errno, path);
  return socket;
}

Result<Fd> accept_on(const Fd& listener) {
  Fd socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) return fail_errno(errno, "accept");
  return socket;
}

Result<> send_message(const Fd& socket, std::string_view text, std::span<const int> descriptors) {
  if (text.size() > kLongestMessage || descriptors.size() > kMostDescriptors)
    return fail_errno(EMSGSIZE, "send");
  iovec part{const_cast<char*>(text.data()), text.size()};
  Rights rights{};
  const auto size = static_cast<socklen_t>(descriptors.size_bytes());
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (size > 0) {
    message.msg_control = rights.bytes;
    message.msg_controllen = static_cast<socklen_t>(CMSG_SPACE(size));
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = static_cast<socklen_t>(CMSG_LEN(size));
    ::memcpy(CMSG_DATA(header), descriptors.data(), size);
  }
  ssize_t put;
  do put = ::sendmsg(socket.get(), &message, MSG_NOSIGNAL);
  while (put < 0 && errno == EINTR);
  if (put < 0) return fail_errno(errno, "send");
  return {};
}

Result<std::optional<Message>> receive_message(const Fd& socket, int milliseconds) {
  TRY(wait_readable(socket, milliseconds));
  Message out;
  out.text.resize(kLongestMessage);
  iovec part{out.text.data(), out.text.size()};
  Rights rights{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = rights.bytes;
  message.msg_controllen = sizeof rights.bytes;
  ssize_t got;
  do got = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET) return fail_errno(errno, "receive");
  if (got <= 0) return std::nullopt;
  out.descriptors = descriptors_of(message);
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return fail_errno(EMSGSIZE, "receive");
  out.text.resize(static_cast<size_t>(got));
  return out;
}

Result<Peer> peer_of(const Fd& socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
    return fail_errno(errno, "SO_PEERCRED");
  return Peer{who.pid, who.uid, TRY(pidfd_of_peer(socket, who.pid))};
}

Result<> take_as_standard(std::span<const Fd> descriptors) {
  for (size_t at = 0; at < descriptors.size(); ++at)
    if (::dup2(descriptors[at].get(), static_cast<int>(at)) < 0) return fail_errno(errno, "dup");
  return {};
}

Result<std::vector<bool>> wait_for_any(std::span<const Fd* const> descriptors) {
  std::vector<pollfd> watched;
  for (const Fd* fd : descriptors) watched.push_back({fd->get(), POLLIN, 0});
  while (::poll(watched.data(), watched.size(), -1) < 0)
    if (errno != EINTR) return fail_errno(errno, "poll");
  std::vector<bool> out;
  for (const auto& one : watched) out.push_back(one.revents != 0);
  return out;
}

void signal_group(const Fd& leader, int signal) {
  if (const int pid = pid_of(leader); pid > 1) ::kill(-pid, signal);
}

HeldSignals::HeldSignals() {
  sigset_t passed;
  sigemptyset(&passed);
  for (const int signal :
       {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGCONT, SIGTSTP})
    sigaddset(&passed, signal);
  ::sigprocmask(SIG_BLOCK, &passed, &before_);
  signals_ = Fd(::signalfd(-1, &passed, SFD_CLOEXEC));
}

HeldSignals::~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

std::optional<int> HeldSignals::next(const Fd& socket) const {
  const Fd* const either[] = {&signals_, &socket};
  const auto ready = wait_for_any(either);
  signalfd_siginfo info;
  if (!ready || !(*ready)[0] || ::read(signals_.get(), &info, sizeof info) != sizeof info)
    return {};
  return static_cast<int>(info.ssi_signo);
}

}  // namespace gaol::sys
