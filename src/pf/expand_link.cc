// SPDX-License-Identifier: BSD-2-Clause
//
// Ethernet rules, and ALTQ's interfaces and queues.
#include <algorithm>

#include "pf/expand_lists.h"
#include "pf/print.h"

namespace gaol::pf {

namespace {

constexpr uint16_t kEtherInet = 0x0800, kEtherInet6 = 0x86dd;

template <class T>
std::vector<T> or_default(const std::vector<Listed<T>>& list) {
  std::vector<T> out;
  for (const auto& one : list) out.push_back(one.value);
  if (out.empty()) out.emplace_back();
  return out;
}

// Bytes that may leave at once: so many packets of the usual length.
uint32_t token_bucket(uint64_t bits) {
  constexpr uint32_t kPacket = 1500;
  constexpr std::pair<uint64_t, uint32_t> kPackets[] = {
      {1'000'000, 1}, {10'000'000, 4}, {200'000'000, 8}, {2'500'000'000, 24}};
  for (const auto& [most, packets] : kPackets)
    if (bits <= most) return packets * kPacket;
  return 128 * kPacket;
}

}  // namespace

// --- ethernet ---

void Expander::take(EtherSyntax& syntax) {
  if (!in_order(Class::ether)) return;
  EtherRule& rule = syntax.rule;
  if (rule.verdict == Verdict::anchor) {
    rule.anchor.is_inline = syntax.body.has_value();
    const auto path = anchor_path(rule.anchor, rule.anchor.is_inline);
    if (!path) return;
    rule.anchor.path = *path;
    if (syntax.body) take_body(*syntax.body, *path);
    at_ = rule.at;
    added_ = 0;
  }
  const auto lists = lists_of(syntax.layer3);
  if (!lists) return;
  for (const auto& on : or_default(syntax.interfaces))
    for (const auto protocol : or_default(syntax.protocols))
      for (const auto& from : or_default(syntax.from))
        for (const auto& to : or_default(syntax.to)) {
          EtherRule one = rule;
          one.on = on;
          one.protocol = protocol;
          one.source = from;
          one.destination = to;
          add_ether(*lists, one);
        }
  after_product(added_);
}

// An address says what the EtherType is, if nothing else did.
void Expander::add_ether(const Lists& layer3, const EtherRule& rule) {
  (void)product(layer3, [&](const Choice& choice) {
    EtherRule out = rule;
    Match match;
    if (!choose(match, choice)) return;
    const uint16_t implied = match.family == Family::inet    ? kEtherInet
                             : match.family == Family::inet6 ? kEtherInet6
                                                             : 0;
    if (implied != 0 && out.protocol != 0 && out.protocol != implied) return;
    if (implied != 0) out.protocol = implied;
    out.l3_source = match.source;
    out.l3_destination = match.destination;
    ruleset().ether.push_back(std::move(out));
    ++added_;
  });
}

// --- ALTQ ---

void Expander::take(AltqSyntax& syntax) {
  if (!in_order(Class::queue)) return;
  for (const auto& [at, on] : syntax.interfaces) {
    const bool taken = std::ranges::any_of(
        policy_.altq, [&](const Altq& other) { return other.on.name == on.name; });
    if (taken) return error_at(at, "exactly one scheduler type per interface allowed");
    Altq& altq = policy_.altq.emplace_back(syntax.altq);
    altq.on = on;
    if (altq.tbrsize == 0 && altq.bandwidth) altq.tbrsize = token_bucket(altq.bandwidth->bits);
    declared_.push_back({Declared::Kind::queue, print(altq)});
  }
}

// The altq that a queue is below. `leaf_scheduler`: its parent may have no queues of its own.
const Altq* Expander::parent_of(const Queue& queue, const std::string& interface,
                                bool& leaf_scheduler) {
  for (const Altq& altq : policy_.altq) {
    if (!interface.empty() && altq.on.name != interface) continue;
    leaf_scheduler = altq.options.scheduler == Scheduler::priq;
    if (std::ranges::count(altq.queues, queue.name) > 0) return &altq;
    for (const Queue& other : policy_.queues)
      if (std::ranges::count(other.children, queue.name) > 0) return &altq;
  }
  return nullptr;
}

void Expander::take(QueueSyntax& syntax) {
  if (!in_order(Class::queue)) return;
  for (const InterfaceTest& on : or_default(syntax.interfaces)) {
    Queue queue = syntax.queue;
    queue.on = on;
    bool leaf = false;
    const Altq* altq = parent_of(queue, on.name, leaf);
    if (!altq) return error(concat("queue ", queue.name, " has no parent"));
    if (leaf && !queue.children.empty()) return error("priq queues cannot have child queues");
    if (leaf && queue.bandwidth) return error("priq doesn't take bandwidth");
    if (queue.options.scheduler != Scheduler::none &&
        queue.options.scheduler != altq->options.scheduler)
      return error("exactly one scheduler type per interface allowed");
    declared_.push_back({Declared::Kind::queue, print(queue)});
    policy_.queues.push_back(std::move(queue));
  }
}

}  // namespace gaol::pf
