// SPDX-License-Identifier: BSD-2-Clause

// FreeBSD asks one permission before root of a jail may name it; Linux asks CAP_SYS_ADMIN, which
// would allow all else. So root of the jail does not have it, its filter leaves such calls to
// init, and init, which has it over the jail's user namespace, makes them in its place:
//
//   - Who asks is settled first: a process that still waits, and is root.
//   - What it asks for is copied once, and the copy is checked and carried out. Nothing is ever
//     let through to be read a second time by the kernel (SECCOMP_USER_NOTIF_FLAG_CONTINUE), but
//     for uname(2), which gives nothing away, and for what root may do and others may not, where
//     who asks is all there is to look at: that cannot change while it waits.
//   - Looking into a process may mean waiting for a file system that the jail itself serves. Init
//     must not, so the answer is a child's; uname(2) alone is too frequent for that.

#include "init/broker.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/ioctl.h>
#include <linux/seccomp.h>
#include <linux/utsname.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "init/caller.h"
#include "init/mounting.h"
#include "init/raw_socket.h"
#include "sys/raw.h"

namespace gaol::init {
namespace {

using sys::raw::call;

// A name is shown to the host's root, in lists and by scripts that read them: no escape sequences,
// and nothing that looks like the next column or line.
bool is_plain(const char* name, long length) {
  for (long at = 0; at < length; ++at)
    if (name[at] <= ' ' || name[at] > '~') return false;
  return true;
}

// A call to carry out: by whom, and what is granted.
struct Task {
  long number;
  const Caller& caller;
  uint32_t grants;
  const Foundation& foundation;
};

// See jail/orders.h. No failure where it was done before.
long announce_change() {
  const unsigned short any = AF_UNIX;
  return call(__NR_bind, jail::kOrdersIn, &any, sizeof any);
}

long set_name(const Task& task) {
  const Caller& caller = task.caller;
  char name[__NEW_UTS_LEN];
  const auto length = static_cast<int>(caller.argument(1));
  if (length < 0 || length > __NEW_UTS_LEN) return -EINVAL;
  const long got = length == 0 ? 0 : caller.read(caller.argument(0), name, length);
  if (got < 0) return got;
  if (got != length) return -EFAULT;
  if (!is_plain(name, got)) return -EINVAL;
  const long announced = announce_change();
  return announced < 0 ? announced : call(task.number, name, got);
}

long mount(const Task& task) { return mount_for(task.caller, task.grants, task.foundation); }
long make_raw_socket(const Task& task) { return raw_socket_for(task.caller); }
long unmount(const Task& task) { return unmount_for(task.caller, task.foundation); }

// The name of the system as this jail is told it. What cannot be written is the kernel's to refuse.
bool told_release(const Caller& caller, const char* release) {
  new_utsname names;
  if (call(__NR_uname, &names) < 0) return false;
  __builtin_memset(names.release, 0, sizeof names.release);
  for (int at = 0; release[at]; ++at) names.release[at] = release[at];
  return caller.write(caller.argument(0), &names, sizeof names) == sizeof names;
}

bool is_root(const Caller& caller) { return caller.is_root(); }
// ping(8) gets it from its file, whoever runs it.
bool has_raw_sockets(const Caller& caller) { return caller.has(CAP_NET_RAW); }

// A call that init answers for the jail, where its orders grant it.
struct Request {
  int number;
  uint32_t grant;                  // 0: it needs none
  long (*make)(const Task& task);  // null: root makes it itself
  bool (*may)(const Caller& caller) = is_root;
};
constexpr Request kRequests[] = {
    {__NR_kcmp, 0, nullptr},
    {__NR_pidfd_getfd, 0, nullptr},
    {__NR_process_vm_readv, 0, nullptr},
    {__NR_process_vm_writev, 0, nullptr},
    {__NR_ptrace, 0, nullptr},
    {__NR_mount, jail::kGrantMount, mount},
    {__NR_socket, jail::kGrantRawSockets, make_raw_socket, has_raw_sockets},
    {__NR_umount2, jail::kGrantMount, unmount},
    {__NR_sethostname, jail::kGrantHostname, set_name},
    {__NR_setdomainname, jail::kGrantHostname, set_name},
};

const Request* granted(int number, const jail::Orders& orders) {
  for (const Request& request : kRequests)
    if (request.number == number && (request.grant & ~orders.grants) == 0) return &request;
  return nullptr;
}

void reply(int listener, const seccomp_notif& made, long result, uint32_t flags = 0) {
  seccomp_notif_resp response{};
  response.id = made.id;
  response.error = result < 0 ? static_cast<int>(result) : 0;
  response.val = result < 0 ? 0 : result;
  response.flags = flags;
  call(__NR_ioctl, listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

// A jail that had nothing to ask when it began has an init without power.
bool has_power() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct held[2]{};
  call(__NR_capget, &header, held);
  return held[0].effective >> CAP_SYS_ADMIN & 1;
}

void carry_out(const Request& request, const Task& task, int listener, const seccomp_notif& made) {
  // Who has no pid here is not found: jail_attach(2) leaves its caller in the host's PID namespace.
  if (!task.caller.waits()) return reply(listener, made, -EINTR);
  if (!request.may(task.caller)) return reply(listener, made, -EPERM);
  if (!request.make) return reply(listener, made, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  reply(listener, made, request.make(task));
}

}  // namespace

void watch(int events, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data = static_cast<uint64_t>(fd);
  call(__NR_epoll_ctl, events, EPOLL_CTL_ADD, fd, &event);
}

void Broker::take_orders() {
  for (;;) {
    jail::Orders orders;
    iovec part{&orders, sizeof orders};
    union {
      cmsghdr header;
      char bytes[CMSG_SPACE(sizeof(int))];
    } rights{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &rights;
    message.msg_controllen = sizeof rights;
    const long got = call(__NR_recvmsg, jail::kOrdersIn, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got <= 0) return;
    if (message.msg_controllen >= CMSG_LEN(sizeof(int))) {
      int listener;
      __builtin_memcpy(&listener, CMSG_DATA(&rights.header), sizeof listener);
      watch(events_, listener);
    } else if (got == sizeof orders) {
      follow(orders);
    }
  }
}

void Broker::follow(const jail::Orders& orders) {
  const int32_t answer = orders.any() && !has_power() ? EPERM : 0;
  if (answer == 0) {
    orders_ = orders;
    if (orders.grants & jail::kGrantMount) foundation_.lay();
  }
  if (orders.wants_answer)
    call(__NR_sendto, jail::kOrdersIn, &answer, sizeof answer, MSG_DONTWAIT, nullptr, 0);
}

void Broker::answer_call(int listener) {
  seccomp_notif made{};
  if (call(__NR_ioctl, listener, SECCOMP_IOCTL_NOTIF_RECV, &made) < 0) return;
  if (made.data.nr == __NR_uname) {
    const Caller caller(made, listener);
    const bool told = caller.waits() && told_release(caller, orders_.release);
    return reply(listener, made, 0, told ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE);
  }
  const Request* request = granted(made.data.nr, orders_);
  if (!request) return reply(listener, made, -EPERM);
  const long child = call(__NR_clone, SIGCHLD, 0, 0, 0, 0);
  if (child > 0) return;
  if (child < 0) return reply(listener, made, child);
  const Caller caller(made, listener);
  carry_out(*request, {request->number, caller, orders_.grants, foundation_}, listener, made);
  call(__NR_exit_group, 0);
}

void Broker::attend(const epoll_event& event) {
  const int fd = static_cast<int>(event.data);
  if (!(event.events & EPOLLHUP)) return answer_call(fd);
  // A child that is still answering has the listener too, which would go on telling of its end
  // under a number that may be another's by then.
  call(__NR_epoll_ctl, events_, EPOLL_CTL_DEL, fd, nullptr);
  call(__NR_close, fd);
}

}  // namespace gaol::init
