// SPDX-License-Identifier: BSD-2-Clause

// gaol-pf-follow: keeps what rules of pf follow, `(em0)` and the group egress, as it is.
//
// On FreeBSD the kernel does. Here pfctl fills their sets when it loads rules, and this goes on
// from there, until it is killed: no rule is lost without it, only what has changed is not known.

#include "base/text.h"
#include "pf/facts.h"
#include "pf/follow.h"
#include "pf/kept.h"
#include "pf/load.h"
#include "sys/link_watch.h"
#include "tools/print.h"

namespace {

using namespace gaol;

Result<> look() {
  const auto keeper = TRY(pf::Keeper::open(sys::real_kernel()));
  if (keeper.now().is_nothing()) return {};
  const auto world = pf::this_machine();
  const auto policy = TRY(pf::whole(keeper.now(), world));
  const auto lowered = TRY(pf::lower(policy));
  return lowered.follows.empty() ? Result<>{} : pf::change(pf::fill(lowered.follows, world));
}

Result<> follow() {
  auto watch = TRY(sys::LinkWatch::open());
  while (true) {
    if (const auto looked = look(); !looked) tools::complain("gaol-pf-follow", looked.error());
    TRY(watch.wait());
  }
}

}  // namespace

int main() {
  const auto ended = follow();
  tools::complain("gaol-pf-follow", ended.error());
  return 1;
}
