// SPDX-License-Identifier: BSD-2-Clause
#include "pf/intervals.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <tuple>

namespace gaol::pf {
namespace {

int width(const Network& network) { return network.family == AF_INET ? 32 : 128; }

int compare(const Network& a, const Network& b) { return std::memcmp(a.bytes, b.bytes, 16); }

// One up or down; 0.0.0.0 and the last address are each other's neighbours.
Network neighbour(Network address, int step) {
  for (int byte = width(address) / 8 - 1; byte >= 0; --byte) {
    const int sum = address.bytes[byte] + step;
    address.bytes[byte] = static_cast<uint8_t>(sum);
    if (sum >= 0 && sum <= UINT8_MAX) break;
  }
  return address;
}

// Goes upward over networks that are open, one within the other: the innermost decides.
class Sweep {
 public:
  void open(const TableEntry& entry) {
    while (!open_.empty() && compare(last_of(open_.back().network), entry.network) < 0) close();
    if (!open_.empty() && compare(next_, entry.network) < 0)
      take(neighbour(entry.network, -1), open_.back().negated);
    next_ = entry.network;
    open_.push_back(entry);
  }
  std::vector<AddressRange> end() && {
    while (!open_.empty()) close();
    return std::move(taken_);
  }

 private:
  void close() {
    const auto inner = open_.back();
    open_.pop_back();
    const auto last = last_of(inner.network);
    if (past_ || compare(next_, last) > 0) return;
    take(last, inner.negated);
    next_ = neighbour(last, 1);
    past_ = compare(next_, last) < 0;
  }
  void take(const Network& last, bool negated) {
    if (negated) return;
    if (!taken_.empty() && compare(neighbour(taken_.back().last, 1), next_) == 0)
      taken_.back().last = last;
    else
      taken_.push_back({next_, last});
  }

  std::vector<TableEntry> open_;
  Network next_;       // what nothing is said of yet begins here
  bool past_ = false;  // beyond the last address there is none
  std::vector<AddressRange> taken_;
};

}  // namespace

Network last_of(Network network) {
  for (int bit = network.prefix; bit < width(network); ++bit)
    network.bytes[bit / 8] = static_cast<uint8_t>(network.bytes[bit / 8] | 0x80 >> bit % 8);
  return network;
}

std::vector<AddressRange> intervals(const Table& table, int family) {
  std::vector<TableEntry> entries;
  for (const auto& source : table.sources)
    for (const auto& entry : source.entries)
      if (entry.network.family == family) entries.push_back(entry);
  std::ranges::stable_sort(entries, [](const TableEntry& a, const TableEntry& b) {
    const int order = compare(a.network, b.network);
    return order != 0 ? order < 0 : a.network.prefix < b.network.prefix;
  });
  return intervals(entries);
}

std::vector<AddressRange> intervals(const std::vector<TableEntry>& entries) {
  Sweep sweep;
  for (const auto& entry : entries) sweep.open(entry);
  return std::move(sweep).end();
}

}  // namespace gaol::pf
