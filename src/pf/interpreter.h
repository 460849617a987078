// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What pf does with a packet, rule by rule, as pf.conf(5) tells it: slow, and plain enough to be
// read against the page. What lower.h makes of a policy must decide the same, which tests hold it
// to; who asks why a packet was blocked hears it from here.

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pf/ruleset.h"
#include "pf/world.h"

namespace gaol::pf::reference {

struct Packet {
  Family family = Family::inet;
  uint8_t protocol = 0;
  std::array<uint8_t, 16> source{}, destination{};  // IPv4: the first four bytes
  uint16_t source_port = 0, destination_port = 0;   // of an ICMP query: twice its identifier
  uint8_t flags = 0;
  uint8_t icmp_type = 0, icmp_code = 0;
  uint8_t tos = 0;
  bool options = false;  // of IP
  uint32_t length = 0;   // with the header of IP
};

// A packet on its way through an interface.
struct Crossing {
  Direction direction = Direction::in;
  std::string interface;
  std::string received_on;  // where it came in; empty: it was sent here
};

struct Count {
  uint64_t packets = 0, bytes = 0;
  bool operator==(const Count&) const = default;
};

// What the sender of a packet hears when it is blocked.
struct Answer {
  enum class Kind : uint8_t { none, rst, unreachable };
  Kind kind = Kind::none;
  uint8_t code = 0;  // of unreachable
};

// What a rule decided, with the packets of states that it made, and how many states those are.
struct RuleCount {
  Count in, out;
  uint64_t made = 0;
};

// A rule that was asked about a packet: one of the two.
struct Step {
  std::string path;  // of its ruleset
  const FilterRule* filter = nullptr;
  const TranslationRule* translation = nullptr;
  std::string_view failed;  // the first of its tests that the packet fails; empty: it matches
};

// Whether both are of the same connection.
bool same_ends(const Packet& a, const Packet& b);
Packet reversed(Packet packet);

// What rules ask beside the packet.
struct Machine {
  std::vector<Interface> interfaces;
  std::vector<Route> routes;
};

class Interpreter {
 public:
  explicit Interpreter(const Policy& policy, Machine machine = {})
      : policy_(policy), machine_(std::move(machine)) {}

  // Whether the packet goes on, and as what. `tag` is what it carries from one crossing to the
  // next. Where pf chooses by chance or in turn, the choice is that of `seen` if pf may choose so:
  // what left the machine in the end.
  bool passes(Packet& packet, const Crossing& crossing, std::string& tag,
              const Packet* seen = nullptr);

  // Puts every rule that is asked from now on into `steps`, which has to outlive this.
  void watch(std::vector<Step>& steps) { steps_ = &steps; }

  // To the packet that was asked about last.
  Answer answer() const { return answer_; }

  // Linux has one entry for all crossings of a connection, and none before a packet of it arrived:
  // what was made for one that did not is forgotten.
  size_t states() const { return states_.size(); }
  void forget_states(size_t but) {
    states_.erase(states_.begin() + static_cast<long>(but), states_.end());
  }

  // Who decided about packets or made their states, and which match rules were met without one.
  const std::map<const FilterRule*, RuleCount>& counts() const { return counts_; }
  // Of the packets that had a state.
  size_t by_state() const { return by_state_; }
  // How often a state was made that translates.
  size_t translations() const { return translations_; }

 private:
  // One direction of one interface, and both ends as they are outside and inside of the machine:
  // the packets that need no rules.
  struct State {
    Direction direction;
    Packet outside, inside;
    std::string tag;
    const FilterRule* rule;

    const Packet& seen(Direction crossed) const {
      return crossed == Direction::in ? outside : inside;
    }
  };
  struct Evaluation;
  enum class Then : uint8_t { go_on, stop };

  const State* state_of(const Packet& packet, Direction direction) const;
  using Rules = std::vector<TranslationRule> Ruleset::*;
  const TranslationRule* first_match(Rules rules, const std::string& path,
                                     Evaluation& evaluation) const;
  const TranslationRule* translation(Evaluation& evaluation, const Packet* seen) const;
  Then evaluate(const std::string& path, Evaluation& evaluation) const;
  Then enter(const FilterRule& rule, Evaluation& evaluation) const;
  void count(const FilterRule* rule, const Packet& packet, Direction direction);

  const Policy& policy_;
  Machine machine_;
  std::vector<Step>* steps_ = nullptr;
  std::vector<State> states_;
  size_t by_state_ = 0, translations_ = 0;
  Answer answer_;
  std::map<const FilterRule*, RuleCount> counts_;
};

}  // namespace gaol::pf::reference
