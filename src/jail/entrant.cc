// SPDX-License-Identifier: BSD-2-Clause

// Runs between clone3() and execve() in memory shared with a parent that waits, but for
// enter_oneself(): see birth.cc for what that forbids. Limits and BPF programs hold already, for it
// was born in the jail's cgroup.

#include "jail/entrant.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "sys/raw.h"

namespace gaol::jail {

namespace {

using sys::raw::call;

// What lies in init's socket is init's already: should it be gone, so is the listener, and then the
// calls fail at once (ENOSYS). Never waits: an init that does not listen must not hold up the host.
long send_listener(int orders, int listener) noexcept {
  char byte = 0;
  iovec part{&byte, 1};
  union {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } rights{};
  rights.header = {
      .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  __builtin_memcpy(CMSG_DATA(&rights.header), &listener, sizeof listener);
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &rights;
  message.msg_controllen = sizeof rights;
  return call(__NR_sendmsg, orders, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

long load_filter(const Rules& self, const char*& act) noexcept {
  const auto load = [&](unsigned long flags) {
    return call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &self.filter);
  };
  if (self.orders < 0) return load(0);
  // With the second flag a call that init has taken up is not broken off by a signal, and so not
  // made twice. Before 5.19 it can be.
  long listener = load(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  if (listener == -EINVAL) listener = load(SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (listener < 0) return listener;
  act = "init";
  const long sent = send_listener(self.orders, static_cast<int>(listener));
  call(__NR_close, listener);
  return sent;
}

long join_namespaces(const Rules& self) noexcept {
  // From setns() to exec root of the jail has power over us, and our memory is still that of the
  // host's command. It can neither trace nor open what is not dumpable.
  if (const long rc = call(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); rc < 0) return rc;
  // Flags that name a namespace we are in already are harmless: what a jail shares with the host,
  // the network stack for one, is joined again.
  return call(__NR_setns, self.init, kNamespaces | CLONE_NEWCGROUP | CLONE_NEWNET);
}

// The capabilities held now, as an exec would make them.
long keep_only(uint64_t capabilities) noexcept {
  const __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  for (int half = 0; half < 2; ++half)
    sets[half].permitted = sets[half].effective =
        static_cast<uint32_t>(capabilities >> (32 * half));
  return call(__NR_capset, &header, &sets[0]);
}

}  // namespace

long take_on_rules(const Rules& rules, const char*& act) noexcept {
  act = "jail_attach";
  if (const long rc = call(__NR_setgroups, 0, nullptr); rc < 0) return rc;
  if (const long rc = call(__NR_setresgid, 0, 0, 0); rc < 0) return rc;
  if (const long rc = call(__NR_setresuid, 0, 0, 0); rc < 0) return rc;
  act = "capabilities";
  for (int capability = 0; capability < 64; ++capability) {
    if (rules.bounding >> capability & 1) continue;
    if (call(__NR_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break;  // past the last one
  }
  // Last, and without no_new_privs, because setuid programs work in a jail: that takes the
  // CAP_SYS_ADMIN which the exec then loses for good.
  act = "seccomp";
  return load_filter(rules, act);
}

void enter_in_child(void* entrant) noexcept {
  auto& self = *static_cast<Entrant*>(entrant);
  const char* act = "jail_attach";
  long rc = join_namespaces(self.rules);
  if (rc >= 0) rc = take_on_rules(self.rules, act);
  if (rc < 0)
    self.failure = {static_cast<int>(-rc), act, nullptr};
  else
    sys::exec_in_child(self.exec, self.failure);
  sys::exit_child(1);
}

long enter_oneself(const Rules& rules) noexcept {
  if (const long rc = join_namespaces(rules); rc < 0) return rc;
  const char* act = nullptr;
  // No exec will take from us what the namespaces gave.
  if (take_on_rules(rules, act) < 0 || keep_only(rules.bounding) < 0)
    call(__NR_kill, call(__NR_getpid), SIGKILL);
  return 0;
}

}  // namespace gaol::jail
