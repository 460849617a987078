// SPDX-License-Identifier: BSD-2-Clause
#include "init/raw_socket.h"

#include <errno.h>
#include <linux/fcntl.h>
#include <linux/net.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "jail/raw_sockets.h"
#include "sys/raw.h"

namespace gaol::init {
namespace {

using sys::raw::call;

// A process that answers one call makes it, and ends with all that it opened.
long knock() {
  const long line = call(__NR_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (line < 0) return line;
  sockaddr_un door{};
  door.sun_family = AF_UNIX;
  for (int at = 0; jail::kRawDoor[at]; ++at) door.sun_path[at] = jail::kRawDoor[at];
  return call(__NR_connect, line, &door, sizeof door) < 0 ? -EACCES : line;
}

// The descriptor that came with the answer.
long receive(long line) {
  int answer = 0;
  iovec part{&answer, sizeof answer};
  union {
    cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } rights{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &rights;
  message.msg_controllen = sizeof rights;
  const long got = call(__NR_recvmsg, line, &message, MSG_CMSG_CLOEXEC);
  if (got != sizeof answer) return -EACCES;
  if (answer != 0) return -answer;
  if (message.msg_controllen < CMSG_LEN(sizeof(int))) return -EACCES;
  int socket;
  __builtin_memcpy(&socket, CMSG_DATA(&rights.header), sizeof socket);
  return socket;
}

}  // namespace

long raw_socket_for(const Caller& caller) {
  const jail::RawSocket asked{static_cast<int>(caller.argument(0)),
                              static_cast<int>(caller.argument(1)),
                              static_cast<int>(caller.argument(2))};
  const long line = knock();
  if (line < 0) return line;
  if (call(__NR_sendto, line, &asked, sizeof asked, MSG_NOSIGNAL, nullptr, 0) < 0) return -EACCES;
  const long socket = receive(line);
  return socket < 0 ? socket : caller.give(static_cast<int>(socket), asked.type & SOCK_CLOEXEC);
}

}  // namespace gaol::init
