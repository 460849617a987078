// SPDX-License-Identifier: BSD-2-Clause
//
// Below IP: ethernet rules, and ALTQ's queues.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "pf/names.h"
#include "pf/parse.h"

namespace gaol::pf {

namespace {

constexpr unsigned bit(Scheduler scheduler) { return 1U << static_cast<unsigned>(scheduler); }
constexpr unsigned kCbq = bit(Scheduler::cbq), kHfsc = bit(Scheduler::hfsc),
                   kFairq = bit(Scheduler::fairq), kCodel = bit(Scheduler::codel),
                   kClassful = kCbq | bit(Scheduler::priq) | kHfsc | kFairq;

struct SchedulerName {
  std::string_view word;
  Scheduler scheduler;
};
constexpr SchedulerName kSchedulers[] = {{"cbq", Scheduler::cbq},
                                         {"priq", Scheduler::priq},
                                         {"hfsc", Scheduler::hfsc},
                                         {"fairq", Scheduler::fairq},
                                         {"codelq", Scheduler::codel}};

std::optional<sys::Mac> mac_address(std::string_view text) {
  sys::Mac out{};
  const auto parts = split(text, ':');
  if (parts.size() != out.size()) return {};
  for (size_t i = 0; i < out.size(); ++i) {
    const auto byte = any_base(concat("0x", parts[i]));
    if (!byte || parts[i].size() > 2) return {};
    out[i] = static_cast<uint8_t>(*byte);
  }
  return out;
}

constexpr sys::Mac kWhole = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

}  // namespace

// --- ethernet ---

Parsed<Parser::What> Parser::ether() {
  EtherSyntax out;
  EtherRule& rule = out.rule;
  rule.at = token_.at;
  advance();
  const bool is_anchor = at("anchor");
  if (!is_anchor && !at("pass") && !at("block")) return syntax("pass, block or anchor is expected");
  rule.verdict = is_anchor ? Verdict::anchor : at("pass") ? Verdict::pass : Verdict::block;
  advance();
  if (is_anchor) {
    const Position where = token_.at;
    rule.anchor.name = TRY(joined("the name of an anchor"));
    if (rule.anchor.name.empty()) return wrong(where, "anchor name must not be empty");
  }
  TRY(ether_tests(out));
  while (token_.kind == Token::Kind::word || at("!")) TRY(ether_option(out));
  if (is_anchor && at("{")) out.body = TRY(body());
  return out;
}

// direction, quick, on, bridge-to, protocol, addresses, l3
Parsed<> Parser::ether_tests(EtherSyntax& out) {
  EtherRule& rule = out.rule;
  rule.direction = direction();
  rule.quick = accept("quick");
  TRY(on(out.interfaces));
  if (accept("bridge-to")) rule.bridge_to = TRY(interface()).name;
  if (accept("proto")) TRY(ether_protocols(out));
  if (!accept("all")) {
    if (accept("from")) TRY(macs(out.from));
    if (accept("to")) TRY(macs(out.to));
  }
  rule.layer3 = accept("l3");
  if (rule.layer3) TRY(from_to(out.layer3));
  return {};
}

Parsed<> Parser::ether_protocols(EtherSyntax& out) {
  return list([&]() -> Parsed<> {
    const Position where = token_.at;
    const std::string text = TRY(word("an EtherType"));
    const auto value = any_base(text);
    if (!value && text.starts_with("0x")) return wrong(where, "invalid EtherType hex");
    if (!value) return wrong(where, "Symbolic EtherType not yet supported");
    if (*value == 0 || *value > UINT16_MAX) return wrong(where, "EtherType outside range");
    out.protocols.push_back({where, static_cast<uint16_t>(*value)});
    return {};
  });
}

Parsed<> Parser::macs(std::vector<Listed<MacTest>>& out) {
  return list([&]() -> Parsed<> {
    const Position where = token_.at;
    if (accept("any")) return {};
    out.push_back({where, TRY(mac())});
    return {};
  });
}

// MAC, MAC/BITS or MAC&MASK
Parsed<MacTest> Parser::mac() {
  MacTest out{.mask = kWhole, .negated = accept("!")};
  const Position where = token_.at;
  std::string text = TRY(name("a MAC address"));
  // Digits in front of the & make of it one word, and blanks around it three.
  std::string mask;
  if (const auto mark = text.find('&'); mark != text.npos) {
    mask = text.substr(mark + 1);
    text.resize(mark);
  }
  const auto address = mac_address(text);
  if (!address) return wrong(where, "invalid MAC address");
  out.address = *address;
  if (!mask.empty()) {
    const auto parsed = mac_address(mask);
    if (!parsed) return wrong(where, "invalid MAC mask");
    out.mask = *parsed;
  } else if (accept("/")) {
    const Position at_bits = token_.at;
    const int64_t bits = TRY(number("a number of bits"));
    if (bits < 0 || bits > 48) return wrong(at_bits, "invalid MAC mask length");
    for (int64_t i = 0; i < 48; ++i)
      if (i >= bits)
        out.mask[static_cast<size_t>(i / 8)] &= static_cast<uint8_t>(~(0x80U >> (i % 8)));
  }
  for (size_t i = 0; i < out.mask.size(); ++i) out.address[i] &= out.mask[i];
  return out;
}

Parsed<> Parser::ether_option(EtherSyntax& out) {
  EtherRule& rule = out.rule;
  if (accept("queue"))
    rule.queue = TRY(queue_name());
  else if (accept("ridentifier"))
    rule.ridentifier = TRY(identifier());
  else if (accept("label"))
    rule.labels.push_back(TRY(label_text()));
  else if (accept("tag"))
    rule.tag = TRY(tag());
  else if (at("tagged") || at("!"))
    TRY(tagged(rule.tagged));
  else if (at("dnpipe") || at("dnqueue"))
    rule.dummynet = TRY(dummynet(accept("dnqueue") || !accept("dnpipe")));
  else
    return syntax(concat("an ethernet rule has no option \"", token_.text, "\""));
  return {};
}

// --- ALTQ ---

constexpr Parser::SchedulerOption Parser::kSchedulerOptions[] = {
    {"borrow", kCbq, nullptr, &SchedulerOptions::borrow},
    {"buckets", kFairq, &Parser::sched_buckets},
    {"codel", kClassful, nullptr, &SchedulerOptions::codel},
    {"default", kClassful, nullptr, &SchedulerOptions::is_default},
    {"ecn", kClassful | kCodel, nullptr, &SchedulerOptions::ecn},
    {"hogs", kFairq, &Parser::sched_hogs},
    {"interval", kCodel, &Parser::sched_interval},
    {"linkshare", kHfsc | kFairq, &Parser::sched_linkshare},
    {"realtime", kHfsc, &Parser::sched_realtime},
    {"red", kClassful, nullptr, &SchedulerOptions::red},
    {"rio", kClassful, nullptr, &SchedulerOptions::rio},
    {"target", kCodel, &Parser::sched_target},
    {"upperlimit", kHfsc, &Parser::sched_upperlimit},
};

// altq on IF SCHEDULER bandwidth BW qlimit N tbrsize N queue { NAMES }
Parsed<Parser::What> Parser::altq() {
  AltqSyntax out;
  out.altq.at = token_.at;
  advance();
  TRY(expect("on"));
  TRY(interfaces(out.interfaces));
  for (const auto& [where, interface] : out.interfaces)
    if (interface.negated) return wrong(where, "altq on ! <interface> is not supported");
  for (;;) {
    if (accept("bandwidth"))
      out.altq.bandwidth = TRY(bandwidth());
    else if (accept("qlimit"))
      out.altq.qlimit =
          TRY(number_up_to(UINT16_MAX, "a number of packets", "qlimit out of range:"));
    else if (accept("tbrsize"))
      out.altq.tbrsize = TRY(number_up_to(UINT32_MAX, "a number of bytes", "tbrsize too big:"));
    else if (token_.kind == Token::Kind::word && !at("queue"))
      TRY(scheduler(out.altq.options));
    else
      break;
  }
  if (out.altq.options.scheduler == Scheduler::none)
    return wrong(out.altq.at, "no scheduler specified!");
  if (accept("queue")) {
    const auto item = [&]() -> Parsed<> {
      out.altq.queues.push_back(TRY(queue_name()));
      return {};
    };
    TRY(list(item));
  } else if (out.altq.options.scheduler != Scheduler::codel)
    return wrong(out.altq.at, "no child queues specified");
  return out;
}

// queue NAME on IF bandwidth BW priority N qlimit N SCHEDULER { NAMES }
Parsed<Parser::What> Parser::queue() {
  QueueSyntax out;
  Queue& queue = out.queue;
  queue.at = token_.at;
  advance();
  queue.name = TRY(queue_name());
  TRY(on(out.interfaces));
  for (;;) {
    const Position where = token_.at;
    if (accept("bandwidth")) {
      queue.bandwidth = TRY(bandwidth());
    } else if (accept("priority")) {
      const int64_t priority = TRY(number("a priority"));
      if (priority < 0 || priority > UINT8_MAX)
        return wrong(where, "priority out of range: max 255");
      queue.priority = static_cast<uint8_t>(priority);
    } else if (accept("qlimit")) {
      queue.qlimit = TRY(number_up_to(UINT16_MAX, "a number of packets", "qlimit out of range:"));
    } else if (at("tbrsize")) {
      return wrong(where, "cannot specify tbrsize for queue");
    } else if (token_.kind == Token::Kind::word) {
      TRY(scheduler(queue.options));
    } else {
      break;
    }
  }
  if (at("{")) {
    const auto item = [&]() -> Parsed<> {
      queue.children.push_back(TRY(queue_name()));
      return {};
    };
    TRY(list(item));
  }
  for (const auto& child : queue.children)
    if (child == queue.name) return wrong(queue.at, "queue cannot have itself as child");
  return out;
}

Parsed<> Parser::scheduler(SchedulerOptions& options) {
  const auto* known = std::ranges::find_if(
      kSchedulers, [this](const SchedulerName& name) { return at(name.word); });
  if (known == std::end(kSchedulers))
    return syntax(concat("\"", token_.text, "\" says nothing of a queue"));
  if (options.scheduler != Scheduler::none) return syntax("a second scheduler");
  options.scheduler = known->scheduler;
  advance();
  if (!accept("(")) return {};
  return items_until(")", [&] { return scheduler_option(options); });
}

Parsed<> Parser::scheduler_option(SchedulerOptions& options) {
  const Position where = token_.at;
  const auto* known = std::ranges::find(kSchedulerOptions, token_.text, &SchedulerOption::word);
  const auto* scheduler =
      std::ranges::find(kSchedulers, options.scheduler, &SchedulerName::scheduler);
  if (known == std::end(kSchedulerOptions) || (known->schedulers & bit(options.scheduler)) == 0)
    return wrong(where, concat("unknown ", scheduler->word, " flag \"", token_.text, "\""));
  advance();
  if (!known->flag) return (this->*known->read)(options);
  options.*known->flag = true;
  return {};
}

Parsed<> Parser::sched_realtime(SchedulerOptions& options) {
  options.realtime = TRY(curve());
  return {};
}
Parsed<> Parser::sched_linkshare(SchedulerOptions& options) {
  options.linkshare = TRY(curve());
  return {};
}
Parsed<> Parser::sched_upperlimit(SchedulerOptions& options) {
  options.upperlimit = TRY(curve());
  return {};
}
Parsed<> Parser::sched_buckets(SchedulerOptions& options) {
  options.buckets = TRY(number_up_to(UINT16_MAX, "a number", "buckets out of range:"));
  return {};
}
Parsed<> Parser::sched_hogs(SchedulerOptions& options) {
  options.hogs = TRY(bandwidth());
  return {};
}
Parsed<> Parser::sched_target(SchedulerOptions& options) {
  options.target = TRY(number_up_to(UINT16_MAX, "milliseconds", "target out of range:"));
  return {};
}
Parsed<> Parser::sched_interval(SchedulerOptions& options) {
  options.interval = TRY(number_up_to(UINT16_MAX, "milliseconds", "interval out of range:"));
  return {};
}

// BW, or (BW MILLISECONDS BW)
Parsed<ServiceCurve> Parser::curve() {
  ServiceCurve out;
  const bool bent = accept("(");
  if (bent) {
    out.first = TRY(bandwidth());
    accept(",");
    out.milliseconds = TRY(number_up_to(UINT32_MAX, "milliseconds", "curve out of range:"));
    accept(",");
  }
  out.then = TRY(bandwidth());
  if (bent) TRY(expect(")"));
  return out;
}

// A number with b, Kb, Mb, Gb or %
Parsed<Bandwidth> Parser::bandwidth() {
  struct Unit {
    std::string_view word;
    double bits;
  };
  static constexpr Unit kUnits[] = {{"", 1}, {"b", 1}, {"Kb", 1e3}, {"Mb", 1e6}, {"Gb", 1e9}};
  const Position where = token_.at;
  const std::string text = TRY(word("a bandwidth"));
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::string_view unit = end;
  if (!std::isfinite(value) || value < 0 || end == text.c_str())
    return wrong(where, "bandwidth spec out of range");
  if (unit == "%") {
    if (value < 0 || value > 100) return wrong(where, "bandwidth spec out of range");
    return Bandwidth{.bits = 0, .millipercent = static_cast<uint32_t>(std::lround(value * 1000))};
  }
  const auto* known = std::ranges::find(kUnits, unit, &Unit::word);
  if (known == std::end(kUnits)) return wrong(where, concat("unknown unit ", unit));
  const double bits = value * known->bits;
  if (bits > 1e15) return wrong(where, "bandwidth spec out of range");
  return Bandwidth{.bits = static_cast<uint64_t>(std::llround(bits)), .millipercent = 0};
}

}  // namespace gaol::pf
