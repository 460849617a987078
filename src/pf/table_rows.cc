// SPDX-License-Identifier: BSD-2-Clause
#include "pf/table_rows.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>
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

std::vector<AddressRange> intervals(const TableRows& rows, int family) {
  std::vector<TableEntry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows)
    if (row.entry.network.family == family) entries.push_back(row.entry);
  return intervals(entries);
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
  const auto had = intervals(before, family), has = intervals(after, family);
  return {.name = {}, .remove = missing(had, has), .add = missing(has, had)};
}

}  // namespace gaol::pf
