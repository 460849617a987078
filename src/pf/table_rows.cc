// SPDX-License-Identifier: BSD-2-Clause
#include "pf/table_rows.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <tuple>

#include "base/text.h"
#include "pf/intervals.h"

namespace gaol::pf {
namespace {

bool is_before(const Network& a, const Network& b) {
  if (a.family != b.family) return a.family < b.family;
  const int order = std::memcmp(a.bytes, b.bytes, sizeof a.bytes);
  return order != 0 ? order < 0 : a.prefix < b.prefix;
}

constexpr auto kNetwork = [](const TableRow& row) -> const Network& { return row.entry.network; };
constexpr auto kOrder = [](const Network& a, const Network& b) { return is_before(a, b); };

TableRow* find(TableRows& rows, const Network& network) {
  const auto found = std::ranges::lower_bound(rows, network, kOrder, kNetwork);
  return found != rows.end() && found->entry.network == network ? &*found : nullptr;
}

void sort(TableRows& rows) { std::ranges::sort(rows, kOrder, kNetwork); }

// What an entry is called, once for each of them.
class Once {
 public:
  bool operator()(const Network& network) { return seen_.insert(network).second; }

 private:
  std::set<Network, decltype(kOrder)> seen_{kOrder};
};

Network cut(Network network, int prefix) {
  network.prefix = prefix;
  for (int bit = prefix; bit < (network.family == AF_INET ? 32 : 128); ++bit)
    network.bytes[bit / 8] = static_cast<uint8_t>(network.bytes[bit / 8] & ~(0x80 >> bit % 8));
  return network;
}

bool same(const AddressRange& a, const AddressRange& b) {
  return a.first == b.first && a.last == b.last;
}

bool starts_before(const AddressRange& a, const AddressRange& b) {
  return std::memcmp(a.first.bytes, b.first.bytes, sizeof a.first.bytes) < 0;
}

using Rows = std::span<const TableRow>;

std::vector<AddressRange> intervals(Rows rows) {
  std::vector<TableEntry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows) entries.push_back(row.entry);
  return intervals(entries);
}

Rows of_family(const TableRows& rows, int family) {
  const auto found = std::ranges::equal_range(
      rows, family, {}, [](const TableRow& row) { return row.entry.network.family; });
  return {found.begin(), found.end()};
}

// Networks upward, up to where they reach.
class Reach {
 public:
  void take(const Network& network) {
    const auto last = last_of(network);
    if (!last_ || std::memcmp(last_->bytes, last.bytes, sizeof last.bytes) < 0) last_ = last;
  }
  // Whether one of them holds it or its neighbour: then both may be of one interval.
  bool touches(const Network& next) const {
    if (!last_) return false;
    auto before = next;
    for (size_t byte = next.family == AF_INET ? 4 : 16; byte-- > 0;)
      if (before.bytes[byte]-- != 0) break;
    return std::memcmp(last_->bytes, before.bytes, sizeof before.bytes) >= 0;
  }

 private:
  std::optional<Network> last_;
};

// Cuts off what both have, at the beginning and at the end, as far as no interval goes across: of
// a long table a small part has changed.
void cut_common(Rows& before, Rows& after) {
  const auto same = [](const TableRow& a, const TableRow& b) {
    return a.entry.network == b.entry.network && a.entry.negated == b.entry.negated;
  };
  const auto [first, other] = std::ranges::mismatch(before, after, same);
  size_t begin = 0;
  Reach ahead;
  for (auto row = before.begin(); row != first; ++row) {
    if (!ahead.touches(row->entry.network)) begin = static_cast<size_t>(row - before.begin());
    ahead.take(row->entry.network);
  }
  before = before.subspan(begin);
  after = after.subspan(begin);
  size_t common = 0;
  while (common < before.size() && common < after.size() &&
         same(before[before.size() - 1 - common], after[after.size() - 1 - common]))
    ++common;
  Reach reach;
  for (const auto& rows : {before, after})
    for (const auto& row : rows.first(rows.size() - common)) reach.take(row.entry.network);
  for (; common > 0 && reach.touches(after[after.size() - common].entry.network); --common)
    reach.take(after[after.size() - common].entry.network);
  before = before.first(before.size() - common);
  after = after.first(after.size() - common);
}

// Of what is upward those that the other has not.
std::vector<sys::AddressSpan> missing(const std::vector<AddressRange>& from,
                                      const std::vector<AddressRange>& others) {
  std::vector<sys::AddressSpan> all;
  auto other = others.begin();
  for (const auto& range : from) {
    while (other != others.end() && starts_before(*other, range)) ++other;
    if (other == others.end() || !same(*other, range)) all.push_back({range.first, range.last});
  }
  return all;
}

std::optional<TableRow> row_from(std::string_view line) {
  TableRow row;
  row.entry.negated = line.starts_with('!');
  line.remove_prefix(row.entry.negated);
  const auto slash = line.find('/'), blank = line.find(' ');
  if (slash == line.npos || blank == line.npos || slash > blank) return {};
  const std::string address(line.substr(0, slash));
  auto& network = row.entry.network;
  network.family = address.contains(':') ? AF_INET6 : AF_INET;
  if (::inet_pton(network.family, address.c_str(), network.bytes) != 1) return {};
  const auto prefix = number<int>(line.substr(slash + 1, blank - slash - 1));
  const auto cleared = number<int64_t>(line.substr(blank + 1));
  if (!prefix || !cleared) return {};
  network.prefix = *prefix;
  row.cleared = *cleared;
  return row;
}

}  // namespace

std::string to_text(const TableRows& rows) {
  std::string text;
  char address[INET6_ADDRSTRLEN];
  for (const auto& [entry, cleared] : rows) {
    ::inet_ntop(entry.network.family, entry.network.bytes, address, sizeof address);
    if (entry.negated) text += '!';
    text.append(address).append(concat("/", entry.network.prefix, " ", cleared, "\n"));
  }
  return text;
}

Result<TableRows> rows_from(std::string_view text) {
  TableRows rows;
  for (const auto line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto row = row_from(line);
    if (!row) return fail("damaged: ", line);
    rows.push_back(*row);
  }
  return rows;
}

Answers add(TableRows& rows, const std::vector<TableEntry>& entries, int64_t now) {
  Answers answers;
  TableRows fresh;
  Once first;
  for (const auto& entry : entries) {
    const auto* known = find(rows, entry.network);
    auto feedback = Feedback::none;
    if (!first(entry.network))
      feedback = Feedback::duplicate;
    else if (!known)
      feedback = Feedback::added;
    else if (known->entry.negated != entry.negated)
      feedback = Feedback::conflict;
    if (feedback == Feedback::added) fresh.push_back({entry, now});
    answers.push_back({entry, feedback});
  }
  sort(fresh);
  TableRows all;
  all.reserve(rows.size() + fresh.size());
  std::ranges::merge(rows, fresh, std::back_inserter(all), kOrder, kNetwork, kNetwork);
  rows = std::move(all);
  return answers;
}

Answers remove(TableRows& rows, const std::vector<TableEntry>& entries) {
  Answers answers;
  Once first;
  std::set<const TableRow*> gone;
  for (const auto& entry : entries) {
    const auto* known = find(rows, entry.network);
    auto feedback = Feedback::none;
    if (!first(entry.network))
      feedback = Feedback::duplicate;
    else if (known && known->entry.negated != entry.negated)
      feedback = Feedback::conflict;
    else if (known)
      feedback = Feedback::deleted;
    if (feedback == Feedback::deleted) gone.insert(known);
    answers.push_back({entry, feedback});
  }
  TableRows kept;
  for (const auto& row : rows)
    if (!gone.contains(&row)) kept.push_back(row);
  rows = std::move(kept);
  return answers;
}

Answers replace(TableRows& rows, const std::vector<TableEntry>& entries, int64_t now) {
  Answers answers;
  TableRows after;
  Once first;
  for (const auto& entry : entries) {
    const auto* known = find(rows, entry.network);
    if (!first(entry.network)) {
      answers.push_back({entry, Feedback::duplicate});
      continue;
    }
    const bool changed = known && known->entry.negated != entry.negated;
    after.push_back({entry, known ? known->cleared : now});
    answers.push_back({entry, !known    ? Feedback::added
                              : changed ? Feedback::changed
                                        : Feedback::none});
  }
  sort(after);
  for (const auto& row : rows)
    if (!find(after, row.entry.network)) answers.push_back({row.entry, Feedback::deleted});
  rows = std::move(after);
  return answers;
}

Answers clear(TableRows& rows, const std::vector<TableEntry>& entries, int64_t now) {
  Answers answers;
  for (const auto& entry : entries) {
    auto* known = find(rows, entry.network);
    if (known) known->cleared = now;
    answers.push_back({entry, known ? Feedback::cleared : Feedback::none});
  }
  return answers;
}

const TableRow* deciding(const TableRows& rows, const Network& address) {
  for (int prefix = address.prefix; prefix >= 0; --prefix) {
    const auto network = cut(address, prefix);
    const auto found = std::ranges::lower_bound(rows, network, kOrder, kNetwork);
    if (found != rows.end() && found->entry.network == network) return &*found;
  }
  return nullptr;
}

sys::SetChange difference(const TableRows& before, const TableRows& after, int family) {
  auto old = of_family(before, family), now = of_family(after, family);
  cut_common(old, now);
  const auto had = intervals(old), has = intervals(now);
  return {.name = {}, .remove = missing(had, has), .add = missing(has, had)};
}

}  // namespace gaol::pf
