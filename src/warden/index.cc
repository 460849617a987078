// SPDX-License-Identifier: BSD-2-Clause
#include "warden/index.h"

#include <sys/socket.h>

#include <algorithm>

#include "jail/address.h"

namespace gaol::warden {

namespace {

constexpr char kTab = '\t';
// The last field: what has it was not torn, and has these fields. It changes with them.
constexpr std::string_view kEnd = "\t..";

void add_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == kTab || c == '\n' || c == '\\') out += '\\';
    out += c == kTab ? 't' : c == '\n' ? 'n' : c;
  }
}

std::string unescaped(std::string_view text) {
  if (!text.contains('\\')) return std::string(text);
  std::string out;
  bool escaped = false;
  for (const char c : text) {
    if (!escaped && c == '\\') {
      escaped = true;
      continue;
    }
    out += !escaped ? c : c == 't' ? kTab : c == 'n' ? '\n' : c;
    escaped = false;
  }
  return out;
}

// Takes the fields of a line one after the other; what is not there or no number spoils it.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}
  std::string_view raw() {
    if (rest_.data() == nullptr) whole_ = false;
    const auto tab = rest_.find(kTab);
    const auto field = rest_.substr(0, tab);
    rest_ = tab == rest_.npos ? std::string_view() : rest_.substr(tab + 1);
    return field;
  }
  std::string text() { return unescaped(raw()); }
  template <std::integral N>
  N number() {
    const auto value = gaol::number<N>(raw());
    whole_ &= value.has_value();
    return value.value_or(0);
  }
  std::string_view rest() const { return rest_; }
  bool more() const { return rest_.data() != nullptr; }
  bool whole() const { return whole_; }

 private:
  std::string_view rest_;
  bool whole_ = true;
};

std::string addresses(const jail::Settings& settings, std::string_view parameter, int family) {
  std::string out;
  for (const auto& element : settings.list(parameter)) {
    const auto spec = jail::parse_alias(element, family);
    if (!spec) continue;
    if (!out.empty()) out += ',';
    out += jail::address_text(spec->address);
  }
  return out;
}

// A setting is its name, its key, 1 if negated, the number of its values, and these.
std::string listed(const jail::Settings& settings) {
  std::string out;
  for (const auto& setting : settings.all()) {
    const auto& param = jail::param(setting.id);
    if (param.when == jail::When::tool) continue;
    out += concat(param.name, kTab);
    add_escaped(out, setting.key);
    out += concat(kTab, setting.negated ? '1' : '0', kTab, setting.values.size(), kTab);
    for (const auto& value : setting.values) {
      add_escaped(out, value);
      out += kTab;
    }
  }
  return out;
}

}  // namespace

jail::Settings Entry::settings() const {
  jail::Settings out;
  Fields fields(given);
  while (!given.empty() && fields.more()) {
    const auto id = jail::find(fields.raw());
    jail::Setting setting{.id = id.value_or(0), .key = fields.text(), .values = {}};
    setting.negated = fields.number<int>() != 0;
    for (auto values = fields.number<size_t>(); values > 0 && fields.more(); --values)
      setting.values.push_back(fields.text());
    if (id) out.set(std::move(setting));
  }
  return out;
}

Entry entry_of(const Record& record, uint64_t inode) {
  std::string given = listed(record.settings);
  if (!given.empty()) given.pop_back();  // a separator and not an end
  return {.jid = record.jid,
          .parent = record.parent,
          .inode = inode,
          .init = record.init,
          .line = record.line,
          .dying = record.dying,
          .name = record.name,
          .hostname = record.settings.text("host.hostname"),
          .domainname = record.settings.text("host.domainname"),
          .path = record.settings.text("path"),
          .ip4 = addresses(record.settings, "ip4.addr", AF_INET),
          .ip6 = addresses(record.settings, "ip6.addr", AF_INET6),
          .given = std::move(given)};
}

std::string to_line(const Entry& entry) {
  std::string out =
      concat(entry.jid, kTab, entry.inode, kTab, entry.init.pid, kTab, entry.init.birth, kTab,
             entry.line, kTab, entry.dying ? '1' : '0', kTab, entry.parent, kTab);
  for (const auto* text :
       {&entry.name, &entry.hostname, &entry.domainname, &entry.path, &entry.ip4, &entry.ip6}) {
    add_escaped(out, *text);
    out += kTab;
  }
  return concat(out, entry.given, kEnd, '\n');
}

std::optional<Source> source_of(std::string_view line) {
  if (!line.ends_with(kEnd)) return {};
  Fields fields(line);
  const Source source{.jid = fields.number<Jid>(), .inode = fields.number<uint64_t>()};
  if (!fields.whole()) return {};
  return source;
}

std::optional<Entry> from_line(std::string_view line) {
  if (!line.ends_with(kEnd)) return {};
  line.remove_suffix(kEnd.size());
  Fields fields(line);
  Entry entry{.jid = fields.number<Jid>(), .inode = fields.number<uint64_t>()};
  entry.init = {fields.number<int>(), fields.number<uint64_t>()};
  entry.line = fields.number<uint64_t>();
  entry.dying = fields.number<int>() != 0;
  entry.parent = fields.number<Jid>();
  for (auto* text :
       {&entry.name, &entry.hostname, &entry.domainname, &entry.path, &entry.ip4, &entry.ip6})
    *text = fields.text();
  entry.given = fields.rest();
  if (!fields.whole()) return {};
  return entry;
}

}  // namespace gaol::warden
