// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Policies and packets by chance, out of so few addresses, ports and names that they meet often.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "pf/interpreter.h"
#include "pf/ruleset.h"

namespace gaol::pf::reference {

// The router has em0 and em1, of the networks 10.1.0.0/24 and 10.2.0.0/24, fd01::/64 and fd02::/64.
// It is host 1 on both; the others are 2 to 5.
constexpr int kLegs = 2, kHosts = 4;
constexpr int kRouter = -1;  // in place of a leg
// Beside them each leg has two that no rule tells apart, for pools.
constexpr int kSpare = 62;

struct Trip {
  Packet packet;
  int from = 0, to = 0;  // legs
  bool answers = false;  // goes back to who began
  uint16_t id = 0;       // its own among those of one policy
};

// The networks of the legs, by the interfaces that they lie behind.
std::vector<Route> routes();

sys::Address host_address(Family family, int leg, int host);

// What policies have beside tests of single packets.
// No leg has this network.
constexpr int kNowhere = kLegs;

enum class With : uint8_t { tests_alone, states, tags, translations };

class Generator {
 public:
  Generator(uint64_t seed, With with) : random_(seed), with_(with) {}

  Policy policy();
  std::vector<Trip> trips(size_t number);
  // There and back twice.
  std::vector<Trip> connection();

 private:
  size_t below(size_t end) { return random_() % end; }
  bool chance(size_t percent) { return below(100) < percent; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

  Trip trip();
  Network network(Family family);
  Side side(Family family, bool ports);
  Ports ports();
  Reply reply(const Match& match);
  Table table(const std::string& name);
  FilterRule rule();
  void alike(FilterRule rule, std::vector<FilterRule>& out);
  Network spare(Family family);
  Pool pool(Family family, TranslationRule::Kind kind);
  TranslationRule translation(TranslationRule::Kind kind);
  void translations(Ruleset& to, const std::vector<std::string>& anchors);
  void ruleset(Policy& policy, const std::string& path, int depth);

  std::mt19937_64 random_;
  With with_;
  uint16_t connections_ = 0;
};

}  // namespace gaol::pf::reference
