// SPDX-License-Identifier: BSD-2-Clause

// pfctl -s: what is known beside the rules, as far as this system knows it.

#include <inttypes.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "pf/facts.h"
#include "pf/load.h"
#include "pf/names.h"
#include "pf/settings.h"
#include "tools/pfctl.h"
#include "tools/print.h"

namespace gaol::pfctl {
namespace {

template <class... Values>
std::string format(const char* how, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, how, values...);
  return text;
}

constexpr std::string_view kLevels[] = {"None", "Urgent", "Misc", "Loud"};

// A count, and how many that is a second since pf was enabled.
std::string total(std::string_view name, uint64_t count, int64_t seconds) {
  auto line = format("  %-25s %14" PRIu64 " ", std::string(name).c_str(), count);
  if (seconds <= 0) return line + format("%14s", "");
  return line + format("%14.1f/s", static_cast<double>(count) / static_cast<double>(seconds));
}

std::string status(const pf::Kept& kept, int64_t seconds) {
  auto text = std::string("Status: ") + (kept.enabled ? "Enabled" : "Disabled");
  if (kept.since != 0)
    text += format(" for %" PRId64 " days %.2" PRId64 ":%.2" PRId64 ":%.2" PRId64, seconds / 86400,
                   seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  return text;
}

constexpr pf::Timeout kShownTimeouts[] = {
    pf::Timeout::tcp_first,    pf::Timeout::tcp_opening,  pf::Timeout::tcp_established,
    pf::Timeout::tcp_closing,  pf::Timeout::tcp_finwait,  pf::Timeout::tcp_closed,
    pf::Timeout::sctp_first,   pf::Timeout::sctp_opening, pf::Timeout::sctp_established,
    pf::Timeout::sctp_closing, pf::Timeout::sctp_closed,  pf::Timeout::udp_first,
    pf::Timeout::udp_single,   pf::Timeout::udp_multiple, pf::Timeout::icmp_first,
    pf::Timeout::other_first,  pf::Timeout::other_single, pf::Timeout::other_multiple,
    pf::Timeout::frag,
};

std::optional<uint32_t> number_in(std::string_view file) {
  const auto text = sys::real_kernel().read_file(std::string(file));
  return text ? number<uint32_t>(trim(*text)) : std::nullopt;
}

std::string limit_line(pf::Limit limit, std::optional<uint32_t> most) {
  const auto name = std::string(limit_name(limit));
  if (!most || *most == 0) return format("%-13s unlimited", name.c_str());
  return format("%-13s hard limit %8u", name.c_str(), *most);
}

}  // namespace

// The rules' own counters added up: what the rest of the kernel does is nowhere told apart.
Result<> show_info(const Asked& words, const Whole& whole) {
  const auto seconds = whole.kept.since == 0 ? 0 : std::time(nullptr) - whole.kept.since;
  const auto running = whole.kept.enabled ? seconds : 0;
  uint64_t states = 0, made = 0, packets = 0;
  for (const auto count : TRY(states_by_rule())) states += count;
  for (const auto& rule : TRY(pf::counted(whole.lowered.rules.size()))) {
    made += rule.made;
    packets += rule.in.packets + rule.out.packets;
  }
  const auto level = static_cast<size_t>(whole.policy.options.debug.value_or(pf::Debug::urgent));
  tools::Lines lines;
  lines.add(format("%-44s%15s\n", status(whole.kept, seconds).c_str(),
                   concat("Debug: ", kLevels[level]).c_str()));
  if (words.verbose > 0)
    lines.add(format("Hostid:   0x%08x\n", whole.policy.options.hostid.value_or(0)));
  lines.add(format("%-27s %14s %16s", "State Table", "Total", "Rate"));
  lines.add(format("  %-25s %14" PRIu64 " %14s", "current entries", states, ""));
  lines.add(total("inserts", made, running));
  lines.add("Counters");
  lines.add(total("match", packets, running));
  return {};
}

Result<> show_labels(const Asked&, const Whole& whole) {
  const auto counts = TRY(pf::counted(whole.lowered.rules.size()));
  tools::Lines lines;
  for (size_t n = 0; n < counts.size(); ++n) {
    const auto& [in, out, made] = counts[n];
    const auto& rule = *whole.lowered.rules[n];
    const auto packets = in.packets + out.packets;
    for (const auto& label : rule.labels)
      lines.add(concat(label, " ", rule.state == pf::State::none ? packets : made, " ", packets,
                       " ", in.bytes + out.bytes, " ", in.packets, " ", in.bytes, " ", out.packets,
                       " ", out.bytes, " ", made));
  }
  return {};
}

// What connection tracking has for them, whoever set it.
Result<> show_timeouts(const Asked&, const Whole&) {
  tools::Lines lines;
  for (const auto timeout : kShownTimeouts)
    if (const auto seconds = number_in(pf::files_of(timeout).front()))
      lines.add(format("%-20s %10us", std::string(timeout_name(timeout)).c_str(), *seconds));
  return {};
}

Result<> show_memory(const Asked&, const Whole& whole) {
  const auto& limits = whole.policy.options.limits;
  const auto entries = limits.find(pf::Limit::table_entries);
  tools::Lines lines;
  lines.add(limit_line(pf::Limit::states, number_in(pf::kStatesFile)));
  lines.add(limit_line(pf::Limit::table_entries,
                       entries == limits.end() ? std::nullopt : std::optional(entries->second)));
  return {};
}

// With the groups that they are in, of which one is that of the driver.
Result<> show_interfaces(const Asked& words, const Whole& whole) {
  std::set<std::string> names{"all"};
  for (const auto& interface : pf::this_machine().interfaces()) {
    names.insert(interface.name);
    names.insert(interface.groups.begin(), interface.groups.end());
    names.insert(interface.name.substr(0, interface.name.find_last_not_of("0123456789") + 1));
  }
  const auto skipped = whole.policy.options.skip.value_or(std::vector<std::string>{});
  tools::Lines lines;
  for (const auto& name : names) {
    if (!words.interface.empty() && name != words.interface) continue;
    const bool skip = words.verbose > 0 && std::ranges::count(skipped, name) > 0;
    lines.add(skip ? name + " (skip)" : name);
  }
  return {};
}

// No rule that tracks sources can be loaded.
Result<> show_sources(const Asked&, const Whole&) { return {}; }

}  // namespace gaol::pfctl
