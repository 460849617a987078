// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <linux/eventpoll.h>

#include "init/mount_table.h"
#include "jail/orders.h"

namespace gaol::init {

// Has `events`, an epoll descriptor, tell of `fd`; an event's data is the descriptor.
void watch(int events, int fd);

// Answers the calls that the jail's filters leave to init, as its orders have it.
class Broker {
 public:
  Broker(int events, Foundation& foundation) : events_(events), foundation_(foundation) {}

  // Takes what has come from outside: orders, and listeners to watch.
  void take_orders();
  // Answers one call, or lets go of a listener that nobody is behind any more. Passes over what
  // is no listener's.
  void attend(const epoll_event& event);

 private:
  void follow(const jail::Orders& orders);
  void answer_call(int listener);

  int events_;
  jail::Orders orders_;
  Foundation& foundation_;
};

}  // namespace gaol::init
