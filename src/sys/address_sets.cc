// SPDX-License-Identifier: BSD-2-Clause

// An interval is two elements: its first address, and the one behind its last, which is marked as
// an end. None is behind the last address of all.
// Source: linux/netfilter/nf_tables.h, nfnetlink.h.
#include "sys/address_sets.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "sys/netlink.h"

namespace gaol::sys {
namespace {

constexpr size_t kElements = 1000;  // in one message: an attribute has at most 64 KiB

constexpr uint16_t type_of(int message) {
  return static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

Request boundary(uint16_t type) {
  return {type, 0, nfgenmsg{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}};
}

size_t size_of(const Address& address) { return address.family == AF_INET ? 4 : 16; }

// The one behind it. False: it is the last.
bool step(Address& address) {
  for (size_t byte = size_of(address); byte-- > 0;)
    if (++address.bytes[byte] != 0) return true;
  return false;
}

void add_element(AttributeRow& row, const Address& address, uint32_t flags) {
  AttributeRow key, element;
  key.add(NFTA_DATA_VALUE, {reinterpret_cast<const char*>(address.bytes), size_of(address)});
  element.add(NFTA_SET_ELEM_KEY | NLA_F_NESTED, key.bytes());
  if (flags != 0) element.add_number(NFTA_SET_ELEM_FLAGS, htonl(flags));
  row.add(NFTA_LIST_ELEM | NLA_F_NESTED, element.bytes());
}

class Batch {
 public:
  explicit Batch(const std::string& table) : table_(table) {
    requests_.push_back(boundary(NFNL_MSG_BATCH_BEGIN));
  }

  void change(const SetChange& change) {
    if (change.empty) request(NFT_MSG_DELSETELEM, change.name, {});
    elements(NFT_MSG_DELSETELEM, change.name, change.remove);
    elements(NFT_MSG_NEWSETELEM, change.name, change.add);
  }

  Result<> send() && {
    requests_.push_back(boundary(NFNL_MSG_BATCH_END));
    return TRY(NetlinkSocket::open(NETLINK_NETFILTER)).together(std::move(requests_), "nftables");
  }

 private:
  void elements(int message, const std::string& set, const std::vector<AddressSpan>& spans) {
    AttributeRow row;
    size_t count = 0;
    for (const auto& span : spans) {
      auto end = span.last;
      add_element(row, span.first, 0);
      if (step(end)) add_element(row, end, NFT_SET_ELEM_INTERVAL_END);
      if (++count % (kElements / 2) != 0 && count != spans.size()) continue;
      request(message, set, row.bytes());
      row = {};
    }
  }

  void request(int message, const std::string& set, std::string_view elements) {
    const auto create = message == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0;
    Request made(type_of(message), static_cast<uint16_t>(NLM_F_ACK | create),
                 nfgenmsg{NFPROTO_INET, NFNETLINK_V0, 0});
    made.add(NFTA_SET_ELEM_LIST_TABLE, with_zero(table_));
    made.add(NFTA_SET_ELEM_LIST_SET, with_zero(set));
    if (!elements.empty()) made.add(NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED, elements);
    requests_.push_back(std::move(made));
  }

  const std::string& table_;
  std::vector<Request> requests_;
};

}  // namespace

Result<> change_sets(const std::string& table, const std::vector<SetChange>& changes) {
  Batch batch(table);
  for (const auto& change : changes) batch.change(change);
  return std::move(batch).send();
}

}  // namespace gaol::sys
