// SPDX-License-Identifier: BSD-2-Clause
#include "pf/pflog.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include "base/text.h"
#include "pf/names.h"

namespace gaol::pf {
namespace {

constexpr uint32_t kMagic = 0xa1b2c3d4, kSnap = 65535, kPflogLink = 117;

struct PcapHeader {
  uint32_t magic = kMagic;
  uint16_t major = 2, minor = 4;
  uint32_t zone = 0, accuracy = 0, snap = kSnap, link = kPflogLink;
};
struct PcapRecord {
  uint32_t seconds, microseconds, captured, length;
};

// FreeBSD's own, whose numbers of rules are in network order.
struct PflogHeader {
  uint8_t length = 61;  // without what fills it up
  uint8_t family, action, reason = 0;
  char interface[16]{}, anchor[16]{};
  uint32_t rule, inner, uid, pid = 0, rule_uid = 0, rule_pid = 0;
  uint8_t direction;
  uint8_t fill[3]{};
};
static_assert(sizeof(PflogHeader) == 64);

// Their numbers on FreeBSD.
constexpr uint8_t kInet = 2, kInet6 = 28, kIn = 1, kOut = 2;
struct Action {
  Verdict verdict;
  uint8_t number;
  std::string_view word;
};
constexpr Action kActions[] = {
    {Verdict::pass, 0, "pass"}, {Verdict::block, 1, "block"}, {Verdict::match, 12, "match"}};

constexpr std::string_view direction_word(Direction direction) {
  return direction == Direction::in ? "in" : "out";
}

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class T>
std::optional<T> head_of(std::string_view bytes) {
  if (bytes.size() < sizeof(T)) return {};
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

template <size_t N>
void put(char (&to)[N], std::string_view text) {
  text.copy(to, N - 1);
}

// --- what is in a packet ---

uint8_t byte_at(std::string_view bytes, size_t at) {
  return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : uint8_t{0};
}
uint16_t word_at(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

std::string address_at(std::string_view bytes, size_t at, int family) {
  std::array<char, 16> raw{};
  if (at < bytes.size()) bytes.substr(at).copy(raw.data(), raw.size());
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(family, raw.data(), text, sizeof text);
}

// The header of IP.
struct Head {
  std::string source, destination;
  uint8_t protocol = 0;
  std::string_view payload;
};

std::string_view behind(std::string_view bytes, size_t size) {
  return bytes.substr(std::min(size, bytes.size()));
}

bool is_extension(uint8_t protocol) {
  return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS;
}

Head network_of(std::string_view bytes) {
  if (byte_at(bytes, 0) >> 4 == 6) {
    uint8_t protocol = byte_at(bytes, 6);
    auto payload = behind(bytes, 40);
    for (; is_extension(protocol) && !payload.empty();
         payload = behind(payload, (size_t{byte_at(payload, 1)} + 1) * 8))
      protocol = byte_at(payload, 0);
    return {address_at(bytes, 8, AF_INET6), address_at(bytes, 24, AF_INET6), protocol, payload};
  }
  const size_t header = size_t{4} * (byte_at(bytes, 0) & 15);
  return {address_at(bytes, 12, AF_INET), address_at(bytes, 16, AF_INET), byte_at(bytes, 9),
          behind(bytes, header)};
}

std::string tcp_flags(uint8_t flags) {
  constexpr std::string_view kLetters = "FSRP.UEW";
  std::string text;
  for (size_t bit = 0; bit < kLetters.size(); ++bit)
    if (flags >> bit & 1) text += kLetters[bit];
  return text.empty() ? "none" : text;
}

std::string describe(std::string_view bytes) {
  const auto [source, destination, protocol, payload] = network_of(bytes);
  if (!has_ports(protocol)) {
    const auto name = protocol_name(protocol);
    return concat(source, " > ", destination, ": ",
                  name.empty() ? concat("ip-proto-", protocol) : std::string(name), ", type ",
                  byte_at(payload, 0), ", length ", payload.size());
  }
  const auto ends =
      concat(source, ".", word_at(payload, 0), " > ", destination, ".", word_at(payload, 2), ": ");
  if (protocol != IPPROTO_TCP)
    return concat(ends, protocol == IPPROTO_UDP ? "UDP" : "SCTP", ", length ",
                  payload.size() - std::min<size_t>(8, payload.size()));
  const auto header = std::min(size_t{4} * (byte_at(payload, 12) >> 4), payload.size());
  return concat(ends, "Flags [", tcp_flags(byte_at(payload, 13)), "], length ",
                payload.size() - header);
}

}  // namespace

std::optional<uint16_t> log_group(std::string_view interface) {
  if (interface.empty()) return kFirstLogGroup;
  constexpr std::string_view kName = "pflog";
  if (!interface.starts_with(kName)) return {};
  const auto n = number<uint8_t>(interface.substr(kName.size()));
  return n ? std::optional(static_cast<uint16_t>(kFirstLogGroup + *n)) : std::nullopt;
}

std::string log_prefix(const LogRecord& record) {
  const auto* action = std::ranges::find(kActions, record.action, &Action::verdict);
  const auto inner = record.inner ? std::to_string(*record.inner) : std::string("-");
  return concat(record.rule, " ", inner, " ", action->word, " ", direction_word(record.direction),
                record.anchor.empty() ? "" : " ", record.anchor);
}

std::optional<LogRecord> record_of(const sys::LoggedPacket& packet) {
  const auto word = words(packet.prefix);
  if (word.size() < 4) return {};
  const auto rule = number<uint32_t>(word[0]);
  const auto* action = std::ranges::find(kActions, word[2], &Action::word);
  if (!rule || action == std::end(kActions)) return {};
  const bool in = word[3] == direction_word(Direction::in);
  return LogRecord{.seconds = packet.seconds,
                   .microseconds = packet.microseconds,
                   .action = action->verdict,
                   .direction = in ? Direction::in : Direction::out,
                   .interface = in ? packet.in : packet.out,
                   .rule = *rule,
                   .inner = number<uint32_t>(word[1]),
                   .anchor = word.size() > 4 ? std::string(word[4].substr(0, 15)) : "",
                   .uid = packet.uid,
                   .bytes = std::string(packet.bytes)};
}

std::string pcap_header() { return std::string(bytes_of(PcapHeader{})); }

std::string pcap_record(const LogRecord& record) {
  const auto* action = std::ranges::find(kActions, record.action, &Action::verdict);
  const bool six = byte_at(record.bytes, 0) >> 4 == 6;
  PflogHeader header{.family = six ? kInet6 : kInet,
                     .action = action->number,
                     .rule = htonl(record.rule),
                     .inner = htonl(record.inner.value_or(UINT32_MAX)),
                     .uid = record.uid,
                     .direction = record.direction == Direction::in ? kIn : kOut};
  put(header.interface, record.interface);
  put(header.anchor, record.anchor);
  const auto size = static_cast<uint32_t>(sizeof header + record.bytes.size());
  const PcapRecord front{static_cast<uint32_t>(record.seconds), record.microseconds, size, size};
  return concat(bytes_of(front), bytes_of(header), record.bytes);
}

std::optional<LogRecord> take_record(std::string_view& bytes) {
  const auto front = head_of<PcapRecord>(bytes);
  if (!front || bytes.size() - sizeof *front < front->captured) return {};
  const auto body = bytes.substr(sizeof *front, front->captured);
  const auto header = head_of<PflogHeader>(body);
  if (!header) return {};
  bytes.remove_prefix(sizeof *front + front->captured);
  const auto* action = std::ranges::find(kActions, header->action, &Action::number);
  const auto inner = ntohl(header->inner);
  const auto text = [](const char(&from)[16]) { return std::string(from, ::strnlen(from, 16)); };
  return LogRecord{.seconds = front->seconds,
                   .microseconds = front->microseconds,
                   .action = action == std::end(kActions) ? Verdict::block : action->verdict,
                   .direction = header->direction == kIn ? Direction::in : Direction::out,
                   .interface = text(header->interface),
                   .rule = ntohl(header->rule),
                   .inner = inner == UINT32_MAX ? std::nullopt : std::optional(inner),
                   .anchor = text(header->anchor),
                   .uid = header->uid,
                   .bytes = std::string(body.substr(sizeof *header))};
}

Result<size_t> check_pcap_header(std::string_view bytes) {
  const auto header = head_of<PcapHeader>(bytes);
  if (!header || header->magic != kMagic || header->link != kPflogLink)
    return fail("not a capture of pflog");
  return sizeof *header;
}

std::string print(const LogRecord& record) {
  const time_t seconds = record.seconds;
  tm local{};
  ::localtime_r(&seconds, &local);
  char time[32];
  std::snprintf(time, sizeof time, "%02d:%02d:%02d.%06u", local.tm_hour, local.tm_min, local.tm_sec,
                record.microseconds);
  const auto* action = std::ranges::find(kActions, record.action, &Action::verdict);
  const auto inner = record.inner ? concat(".", record.anchor, ".", *record.inner) : std::string{};
  return concat(std::string_view(time), " rule ", record.rule, inner, "/0(match): ", action->word,
                " ", direction_word(record.direction), " on ", record.interface, ": ",
                describe(record.bytes));
}

}  // namespace gaol::pf
