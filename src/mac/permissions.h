// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a jail may do, boiled down to the questions the kernel's filters ask. The parameters
// these come from are FreeBSD's allow.* and the jail's network mode; the values are those of a
// new jail on FreeBSD.

#include <cstdint>

namespace gaol::mac {

struct Permissions {
  bool raw_sockets = false;    // allow.raw_sockets
  bool socket_af = false;      // allow.socket_af: families beyond local, inet and route
  bool mlock = false;          // allow.mlock
  bool proc_debug = true;      // allow.unprivileged_proc_debug
  bool suser = true;           // allow.suser: uid 0 of the jail has privilege at all
  bool reserved_ports = true;  // allow.reserved_ports
  bool sysvmsg = false;        // sysvmsg, sysvsem, sysvshm: anything but `disable`
  bool sysvsem = false;
  bool sysvshm = false;
  bool inet4 = false;        // ip4 is not `disable`
  bool inet6 = false;        // ip6 is not `disable`
  bool vnet = false;         // a network stack of its own
  bool set_hostname = true;  // allow.set_hostname
  bool own_ipc = true;       // an IPC namespace of its own, and so POSIX message queues
  bool net_admin = true;     // securelevel is below 3
  bool read_msgbuf = false;  // allow.read_msgbuf
  bool own_release = false;  // osrelease is set
  bool mount = false;        // allow.mount, where enforce_statfs lets it
  bool reboot = false;       // of a PID namespace below the jail's: it ends that

  bool operator==(const Permissions&) const = default;

  // Whether some calls go to the jail's init, which then answers for all that it can do.
  bool brokered() const {
    return set_hostname || own_release || mount || !proc_debug || (raw_sockets && !vnet);
  }

  // One bit a member, in the order above. It may be written down: new members go to the end.
  uint32_t key() const {
    const bool members[] = {raw_sockets,    socket_af,   mlock,        proc_debug, suser,
                            reserved_ports, sysvmsg,     sysvsem,      sysvshm,    inet4,
                            inet6,          vnet,        set_hostname, own_ipc,    net_admin,
                            read_msgbuf,    own_release, mount,        reboot};
    uint32_t bits = 0;
    for (uint32_t at = 0; const bool member : members) bits |= uint32_t{member} << at++;
    return bits;
  }
};

}  // namespace gaol::mac
