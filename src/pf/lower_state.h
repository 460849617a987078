// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// pf's states, kept in the marks and labels of connections.
//
// A state of pf lets packets through one direction of an interface, and their answers through the
// other. So a connection has up to two of them: the first lets in what goes its own way and lets
// out what comes back, the second lets out and in. Of each the mark says whether it is there and
// the number of the rule that made it, and the label its tag.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pf/commands.h"
#include "pf/lower_match.h"

namespace gaol::pf {

struct Half {
  std::string_view name;
  uint32_t bit;  // of the mark
  int rule;      // where the rule's number begins in the mark, 14 bits of it
  int tag;       // where the tag's begins in the label, 8 bits of it
};
constexpr Half kFirst{"first", 0x1, 2, 0}, kSecond{"second", 0x2, 16, 8};
constexpr uint32_t kMaxId = 0x3fff;
constexpr size_t kMaxTags = 255;

// The hooks see the addresses that pf's rules see: behind the translation of the destination, and
// behind that of the source. `own` is the state that a packet makes in the direction of its
// connection, `other` the one that it makes against it.
struct Way {
  Direction direction;
  std::string_view name, hook, interface;
  Half own, other;
  std::string_view translation;
};
constexpr Way kWays[] = {
    {Direction::in, "in", "prerouting priority -50", "iifname", kFirst, kSecond, "dnat"},
    {Direction::out, "out", "postrouting priority 300", "oifname", kSecond, kFirst, "snat"},
};

// The line of a hook for packets that have a state, by which half of the connection it is.
std::string admitted(const Way& way, std::string_view own, std::string_view other);

// A rule that makes states: its number on connections, and that of its counters.
struct StateRule {
  uint32_t id = 0;  // 0: none was left
  size_t number = 0;
};

class StateChains {
 public:
  StateChains(Commands& commands, const std::vector<StateRule>& rules, const Tags& tags)
      : commands_(commands), rules_(rules), tags_(tags) {}

  // For both ways: what nothing passes with unless its rule says so, options of IP; and what puts
  // a tag on a connection.
  void shared();
  // Where a packet of a connection with a state goes: the states of that way, and the hook's line
  // that leads to them. `also` adds what else is done with their packets. Where one goes that makes
  // a state: `WAY/keep`.
  using Also = std::function<void(const std::string& chain, const Half& half)>;
  std::string known(const Way& way, const Also& also);
  void keep(const Way& way);
  // The chain of a rule that makes states, from where it has decided to another one of its way.
  void decided(const Way& way, const std::string& chain, const StateRule& rule,
               std::string_view to);

 private:
  void declare_counts();
  void known(const Way& way, const Half& half, const Also& also);
  void count(const std::string& chain, std::string_view counters, const Half& half,
             std::string_view condition);
  void restore_tag(const std::string& chain, const Half& half);
  std::string keep_tag(std::string_view direction, const Half& half);

  Commands& commands_;
  const std::vector<StateRule>& rules_;
  const Tags& tags_;
};

}  // namespace gaol::pf
