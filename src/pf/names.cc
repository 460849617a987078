// SPDX-License-Identifier: BSD-2-Clause
#include "pf/names.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/text.h"

namespace gaol::pf {

namespace {

struct Protocol {
  std::string_view name;
  uint8_t number;
};
constexpr Protocol kProtocols[] = {
    {"icmp", 1},
    {"igmp", 2},
    {"ggp", 3},
    {"ipencap", 4},
    {"st2", 5},
    {"tcp", 6},
    {"cbt", 7},
    {"egp", 8},
    {"igp", 9},
    {"bbn-rcc", 10},
    {"nvp", 11},
    {"pup", 12},
    {"argus", 13},
    {"emcon", 14},
    {"xnet", 15},
    {"chaos", 16},
    {"udp", 17},
    {"mux", 18},
    {"dcn", 19},
    {"hmp", 20},
    {"prm", 21},
    {"xns-idp", 22},
    {"trunk-1", 23},
    {"trunk-2", 24},
    {"leaf-1", 25},
    {"leaf-2", 26},
    {"rdp", 27},
    {"irtp", 28},
    {"iso-tp4", 29},
    {"netblt", 30},
    {"mfe-nsp", 31},
    {"merit-inp", 32},
    {"dccp", 33},
    {"3pc", 34},
    {"idpr", 35},
    {"xtp", 36},
    {"ddp", 37},
    {"idpr-cmtp", 38},
    {"tp++", 39},
    {"il", 40},
    {"ipv6", 41},
    {"sdrp", 42},
    {"ipv6-route", 43},
    {"ipv6-frag", 44},
    {"idrp", 45},
    {"rsvp", 46},
    {"gre", 47},
    {"dsr", 48},
    {"bna", 49},
    {"esp", 50},
    {"ah", 51},
    {"i-nlsp", 52},
    {"swipe", 53},
    {"narp", 54},
    {"mobile", 55},
    {"tlsp", 56},
    {"skip", 57},
    {"ipv6-icmp", 58},
    {"icmp6", 58},
    {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},
    {"cftp", 62},
    {"sat-expak", 64},
    {"kryptolan", 65},
    {"rvd", 66},
    {"ippc", 67},
    {"sat-mon", 69},
    {"visa", 70},
    {"ipcv", 71},
    {"cpnx", 72},
    {"cphb", 73},
    {"wsn", 74},
    {"pvp", 75},
    {"br-sat-mon", 76},
    {"sun-nd", 77},
    {"wb-mon", 78},
    {"wb-expak", 79},
    {"iso-ip", 80},
    {"vmtp", 81},
    {"secure-vmtp", 82},
    {"vines", 83},
    {"ttp", 84},
    {"nsfnet-igp", 85},
    {"dgp", 86},
    {"tcf", 87},
    {"eigrp", 88},
    {"ospf", 89},
    {"sprite-rpc", 90},
    {"larp", 91},
    {"mtp", 92},
    {"ax.25", 93},
    {"ipip", 94},
    {"micp", 95},
    {"scc-sp", 96},
    {"etherip", 97},
    {"encap", 98},
    {"gmtp", 100},
    {"ifmp", 101},
    {"pnni", 102},
    {"pim", 103},
    {"aris", 104},
    {"scps", 105},
    {"qnx", 106},
    {"a/n", 107},
    {"ipcomp", 108},
    {"snp", 109},
    {"compaq-peer", 110},
    {"ipx-in-ip", 111},
    {"carp", 112},
    {"vrrp", 112},
    {"pgm", 113},
    {"l2tp", 115},
    {"ddx", 116},
    {"iatp", 117},
    {"stp", 118},
    {"srp", 119},
    {"uti", 120},
    {"smp", 121},
    {"sm", 122},
    {"ptp", 123},
    {"isis", 124},
    {"fire", 125},
    {"crtp", 126},
    {"crudp", 127},
    {"sscopmce", 128},
    {"iplt", 129},
    {"sps", 130},
    {"pipe", 131},
    {"sctp", 132},
    {"fc", 133},
    {"rsvp-e2e-ignore", 134},
    {"mobility-header", 135},
    {"udplite", 136},
    {"mpls-in-ip", 137},
    {"manet", 138},
    {"shim6", 139},
    {"wesp", 140},
    {"rohc", 141},
    {"pfsync", 240},
};

struct Type {
  Icmp version;
  std::string_view name;
  uint8_t type;
};
constexpr Type kTypes[] = {
    {Icmp::v4, "echorep", 0},      {Icmp::v4, "unreach", 3},      {Icmp::v4, "squench", 4},
    {Icmp::v4, "redir", 5},        {Icmp::v4, "althost", 6},      {Icmp::v4, "echoreq", 8},
    {Icmp::v4, "routeradv", 9},    {Icmp::v4, "routersol", 10},   {Icmp::v4, "timex", 11},
    {Icmp::v4, "paramprob", 12},   {Icmp::v4, "timereq", 13},     {Icmp::v4, "timerep", 14},
    {Icmp::v4, "inforeq", 15},     {Icmp::v4, "inforep", 16},     {Icmp::v4, "maskreq", 17},
    {Icmp::v4, "maskrep", 18},     {Icmp::v4, "trace", 30},       {Icmp::v4, "dataconv", 31},
    {Icmp::v4, "mobredir", 32},    {Icmp::v4, "ipv6-where", 33},  {Icmp::v4, "ipv6-here", 34},
    {Icmp::v4, "mobregreq", 35},   {Icmp::v4, "mobregrep", 36},   {Icmp::v4, "skip", 39},
    {Icmp::v4, "photuris", 40},    {Icmp::v6, "unreach", 1},      {Icmp::v6, "toobig", 2},
    {Icmp::v6, "timex", 3},        {Icmp::v6, "paramprob", 4},    {Icmp::v6, "echoreq", 128},
    {Icmp::v6, "echorep", 129},    {Icmp::v6, "groupqry", 130},   {Icmp::v6, "listqry", 130},
    {Icmp::v6, "grouprep", 131},   {Icmp::v6, "listenrep", 131},  {Icmp::v6, "groupterm", 132},
    {Icmp::v6, "listendone", 132}, {Icmp::v6, "routersol", 133},  {Icmp::v6, "routeradv", 134},
    {Icmp::v6, "neighbrsol", 135}, {Icmp::v6, "neighbradv", 136}, {Icmp::v6, "redir", 137},
    {Icmp::v6, "routrrenum", 138}, {Icmp::v6, "wrureq", 139},     {Icmp::v6, "wrurep", 140},
    {Icmp::v6, "fqdnreq", 139},    {Icmp::v6, "fqdnrep", 140},    {Icmp::v6, "niqry", 139},
    {Icmp::v6, "nirep", 140},      {Icmp::v6, "mtraceresp", 200}, {Icmp::v6, "mtrace", 201},
};

struct Code {
  Icmp version;
  uint8_t type;
  std::string_view name;
  uint8_t code;
};
constexpr Code kCodes[] = {
    {Icmp::v4, 3, "net-unr", 0},       {Icmp::v4, 3, "host-unr", 1},
    {Icmp::v4, 3, "proto-unr", 2},     {Icmp::v4, 3, "port-unr", 3},
    {Icmp::v4, 3, "needfrag", 4},      {Icmp::v4, 3, "srcfail", 5},
    {Icmp::v4, 3, "net-unk", 6},       {Icmp::v4, 3, "host-unk", 7},
    {Icmp::v4, 3, "isolate", 8},       {Icmp::v4, 3, "net-prohib", 9},
    {Icmp::v4, 3, "host-prohib", 10},  {Icmp::v4, 3, "net-tos", 11},
    {Icmp::v4, 3, "host-tos", 12},     {Icmp::v4, 3, "filter-prohib", 13},
    {Icmp::v4, 3, "host-preced", 14},  {Icmp::v4, 3, "cutoff-preced", 15},
    {Icmp::v4, 5, "redir-net", 0},     {Icmp::v4, 5, "redir-host", 1},
    {Icmp::v4, 5, "redir-tos-net", 2}, {Icmp::v4, 5, "redir-tos-host", 3},
    {Icmp::v4, 9, "normal-adv", 0},    {Icmp::v4, 9, "common-adv", 16},
    {Icmp::v4, 11, "transit", 0},      {Icmp::v4, 11, "reassemb", 1},
    {Icmp::v4, 12, "badhead", 0},      {Icmp::v4, 12, "optmiss", 1},
    {Icmp::v4, 12, "badlen", 2},       {Icmp::v4, 40, "unknown-ind", 1},
    {Icmp::v4, 40, "auth-fail", 2},    {Icmp::v4, 40, "decrypt-fail", 3},
    {Icmp::v6, 1, "noroute-unr", 0},   {Icmp::v6, 1, "admin-unr", 1},
    {Icmp::v6, 1, "notnbr-unr", 2},    {Icmp::v6, 1, "beyond-unr", 2},
    {Icmp::v6, 1, "addr-unr", 3},      {Icmp::v6, 1, "port-unr", 4},
    {Icmp::v6, 3, "transit", 0},       {Icmp::v6, 3, "reassemb", 1},
    {Icmp::v6, 4, "badhead", 0},       {Icmp::v6, 4, "nxthdr", 1},
    {Icmp::v6, 137, "redironlink", 0}, {Icmp::v6, 137, "redirrouter", 1},
};

struct Tos {
  std::string_view name;
  uint8_t value;
};
constexpr Tos kTos[] = {
    {"critical", 0xa0},   {"inetcontrol", 0xc0}, {"netcontrol", 0xe0}, {"lowdelay", 0x10},
    {"throughput", 0x08}, {"reliability", 0x04}, {"cs0", 0x00},        {"cs1", 0x20},
    {"cs2", 0x40},        {"cs3", 0x60},         {"cs4", 0x80},        {"cs5", 0xa0},
    {"cs6", 0xc0},        {"cs7", 0xe0},         {"af11", 0x28},       {"af12", 0x30},
    {"af13", 0x38},       {"af21", 0x48},        {"af22", 0x50},       {"af23", 0x58},
    {"af31", 0x68},       {"af32", 0x70},        {"af33", 0x78},       {"af41", 0x88},
    {"af42", 0x90},       {"af43", 0x98},        {"ef", 0xb8},         {"va", 0xb0},
};

// In the order of the enumerations.
constexpr std::string_view kTimeouts[] = {
    "tcp.first",  "tcp.opening",    "tcp.established",  "tcp.closing",    "tcp.finwait",
    "tcp.closed", "udp.first",      "udp.single",       "udp.multiple",   "icmp.first",
    "icmp.error", "other.first",    "other.single",     "other.multiple", "frag",
    "interval",   "adaptive.start", "adaptive.end",     "src.track",      "tcp.tsdiff",
    "sctp.first", "sctp.opening",   "sctp.established", "sctp.closing",   "sctp.closed",
};
static_assert(std::size(kTimeouts) == static_cast<size_t>(Timeout::sctp_closed) + 1);
constexpr std::string_view kLimits[] = {"states",        "src-nodes", "frags",
                                        "table-entries", "anchors",   "eth-anchors"};
constexpr std::string_view kDebugs[] = {"none", "urgent", "misc", "loud"};
constexpr std::string_view kOptimizations[] = {"normal", "high-latency", "aggressive",
                                               "conservative"};
constexpr std::string_view kRulesetOptimizations[] = {"none", "basic", "profile"};

struct Alias {
  std::string_view name;
  Optimization meant;
};
constexpr Alias kOptimizationAliases[] = {{"default", Optimization::normal},
                                          {"satellite", Optimization::high_latency}};

constexpr Timeout kTuned[] = {Timeout::tcp_first,   Timeout::tcp_opening, Timeout::tcp_established,
                              Timeout::tcp_closing, Timeout::tcp_finwait, Timeout::tcp_closed,
                              Timeout::tcp_tsdiff};
// Seconds for each of those, a line an optimization.
constexpr uint32_t kTuning[][std::size(kTuned)] = {{120, 30, 86400, 900, 45, 90, 30},
                                                   {180, 35, 86400, 905, 50, 95, 60},
                                                   {30, 5, 18000, 60, 30, 30, 10},
                                                   {3600, 900, 432000, 3600, 600, 180, 60}};

template <class E>
std::optional<E> value_of(const auto& names, std::string_view name) {
  const auto* found = std::ranges::find(names, name);
  if (found == std::end(names)) return {};
  return static_cast<E>(found - std::begin(names));
}
std::string_view name_of(const auto& names, auto value) {
  return names[static_cast<size_t>(value)];
}

}  // namespace

std::optional<uint8_t> protocol_named(std::string_view name) {
  const auto* found = std::ranges::find_if(kProtocols, [&](const Protocol& protocol) {
    return equal_ignoring_case(protocol.name, name);
  });
  if (found == std::end(kProtocols)) return {};
  return found->number;
}

std::string_view protocol_name(uint8_t number) {
  const auto* found = std::ranges::find(kProtocols, number, &Protocol::number);
  return found == std::end(kProtocols) ? std::string_view() : found->name;
}

std::optional<uint8_t> icmp_type_named(Icmp version, std::string_view name) {
  for (const Type& type : kTypes)
    if (type.version == version && type.name == name) return type.type;
  return {};
}

std::string_view icmp_type_name(Icmp version, uint8_t number) {
  for (const Type& type : kTypes)
    if (type.version == version && type.type == number) return type.name;
  return {};
}

std::optional<uint8_t> icmp_code_named(Icmp version, uint8_t type, std::string_view name) {
  for (const Code& code : kCodes)
    if (code.version == version && code.type == type && code.name == name) return code.code;
  return {};
}

std::string_view icmp_code_name(Icmp version, uint8_t type, uint8_t number) {
  for (const Code& code : kCodes)
    if (code.version == version && code.type == type && code.code == number) return code.name;
  return {};
}

std::optional<uint64_t> any_base(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X"))
    base = 16, text.remove_prefix(2);
  else if (text.size() > 1 && text[0] == '0')
    base = 8;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<uint8_t> tos_value(std::string_view text) {
  for (const Tos& tos : kTos)
    if (equal_ignoring_case(tos.name, text)) return tos.value;
  const auto value = any_base(text);
  if (!value || *value > UINT8_MAX) return {};
  return static_cast<uint8_t>(*value);
}

std::optional<Timeout> timeout_named(std::string_view name) {
  return value_of<Timeout>(kTimeouts, name);
}
std::string_view timeout_name(Timeout timeout) { return name_of(kTimeouts, timeout); }

std::optional<Limit> limit_named(std::string_view name) { return value_of<Limit>(kLimits, name); }
std::string_view limit_name(Limit limit) { return name_of(kLimits, limit); }

std::optional<Debug> debug_named(std::string_view name) { return value_of<Debug>(kDebugs, name); }
std::string_view debug_name(Debug level) { return name_of(kDebugs, level); }

std::optional<Optimization> optimization_named(std::string_view name) {
  for (const Alias& alias : kOptimizationAliases)
    if (alias.name == name) return alias.meant;
  return value_of<Optimization>(kOptimizations, name);
}
std::string_view optimization_name(Optimization optimization) {
  return name_of(kOptimizations, optimization);
}

std::optional<RulesetOptimization> ruleset_optimization_named(std::string_view name) {
  return value_of<RulesetOptimization>(kRulesetOptimizations, name);
}
std::string_view ruleset_optimization_name(RulesetOptimization optimization) {
  return name_of(kRulesetOptimizations, optimization);
}

Timeouts timeouts_of(Optimization optimization) {
  Timeouts out;
  for (size_t i = 0; i < std::size(kTuned); ++i)
    out[kTuned[i]] = kTuning[static_cast<size_t>(optimization)][i];
  return out;
}

}  // namespace gaol::pf
