// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower_state.h"

#include <ranges>

#include "pf/lower_mark.h"

namespace gaol::pf {
namespace {

constexpr uint32_t id_mask(const Half& half) { return kMaxId << half.rule; }

std::string known_chain(const Way& way, const Half& half) {
  return concat(way.name, "/known/", half.name);
}

}  // namespace

std::string admitted(const Way& way, std::string_view own, std::string_view other) {
  return concat("ct direction . ct mark & 0x3 vmap { original . ", hex(way.own.bit), " : ", own,
                ", original . 0x3 : ", own, ", reply . ", hex(way.other.bit), " : ", other,
                ", reply . 0x3 : ", other, " }");
}

void StateChains::shared() {
  if (!rules_.empty()) declare_counts();
  commands_.declare("chain", "options");
  commands_.add("options", "ip hdrlength > 5 drop");
  for (const auto* header : {"hbh", "dst", "rt"})
    commands_.add("options", concat("exthdr ", header, " exists drop"));
  for (const auto number : std::views::values(tags_))
    for (const auto& half : {kFirst, kSecond}) {
      const auto keeps = concat("tag/", half.name, "/", number);
      std::string bits;
      for (int bit = 0; bit < 8; ++bit)
        if (number >> bit & 1) bits += concat(bits.empty() ? "" : "|", half.tag + bit);
      commands_.declare("chain", keeps);
      commands_.add(keeps, "ct label set " + bits);
    }
}

std::string StateChains::known(const Way& way, const Also& also) {
  for (const auto& half : {way.own, way.other}) known(way, half, also);
  return admitted(way, "goto " + known_chain(way, way.own), "goto " + known_chain(way, way.other));
}

void StateChains::known(const Way& way, const Half& half, const Also& also) {
  const auto name = known_chain(way, half);
  commands_.declare("chain", name);
  // Most packets have none, and every one comes along here.
  commands_.add(name, "ip hdrlength != 5 jump options");
  commands_.add(name, "ip6 nexthdr != { 6, 17, 58 } jump options");
  count(name, way.name, half, "");
  also(name, half);
  if (!tags_.empty()) restore_tag(name, half);
  commands_.add(name, "accept");
}

// Every packet of a state is its rule's.
void StateChains::count(const std::string& chain, std::string_view counters, const Half& half,
                        std::string_view condition) {
  if (!rules_.empty())
    commands_.add(chain, concat(condition, "counter name (ct mark & ", hex(id_mask(half)), ") >> ",
                                half.rule, " map @count/", counters));
}

// The counters by the rule's number, one map for all who ask.
void StateChains::declare_counts() {
  for (const std::string_view counters : {"in", "out", "made"}) {
    std::string elements;
    for (const auto& rule : rules_)
      elements += concat(elements.empty() ? "" : ", ", hex(rule.id), " : \"", counters, "/",
                         rule.number, "\"");
    commands_.declare("map", concat("count/", counters, " { type mark : counter; }"));
    commands_.rules += concat("add element inet pf count/", counters, " { ", elements, " }\n");
  }
}

// A packet has its tag from the state, if that has one. Of labels only single bits can be asked
// for.
void StateChains::restore_tag(const std::string& chain, const Half& half) {
  const auto tagged = chain + "/tagged";
  commands_.declare("chain", tagged);
  commands_.add(tagged, set_mark(kTagMask, 0));
  for (int bit = 0; bit < 8; ++bit) {
    const auto asked = concat("ct label ", half.tag + bit, " ");
    commands_.add(chain, asked + "goto " + tagged);
    commands_.add(tagged,
                  concat(asked, "meta mark set meta mark | ", hex(1U << (kTagShift + bit))));
  }
  commands_.add(tagged, "accept");
}

std::string StateChains::keep_tag(std::string_view direction, const Half& half) {
  std::string elements;
  for (const auto number : std::views::values(tags_))
    elements += concat(elements.empty() ? "" : ", ", hex(number << kTagShift), " : jump tag/",
                       half.name, "/", number);
  return concat(direction, "meta mark & ", hex(kTagMask), " vmap { ", elements, " }");
}

// An error that speaks of a connection makes no state.
void StateChains::keep(const Way& way) {
  const auto name = concat(way.name, "/keep");
  commands_.declare("chain", name);
  struct {
    std::string_view direction;
    Half half;
  } const halves[] = {{"ct direction original ", way.own}, {"ct direction reply ", way.other}};
  commands_.add(name, "meta l4proto { 1, 58 } ct state related accept");
  for (const auto& [direction, half] : halves) {
    commands_.add(name, concat(direction, "ct mark set ct mark | ", hex(half.bit)));
    count(name, "made", half, direction);
    if (!tags_.empty()) commands_.add(name, keep_tag(direction, half));
  }
  commands_.add(name, "accept");
}

// The number is there before the state is, which is made last. What is not tracked has none.
void StateChains::decided(const Way& way, const std::string& chain, const StateRule& rule,
                          std::string_view to) {
  const auto number = [&](const Half& half) {
    return concat("counter name ", way.name, "/", rule.number, " ",
                  set_mark(id_mask(half), rule.id << half.rule, "ct"), " goto ", way.name, to);
  };
  commands_.add(chain, "ct direction original " + number(way.own));
  commands_.add(chain, number(way.other));
}

}  // namespace gaol::pf
