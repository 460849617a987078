// SPDX-License-Identifier: BSD-2-Clause

// Source: linux/netfilter/nf_tables.h, nfnetlink.h.
#include "sys/table_objects.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <endian.h>

#include "sys/netlink.h"

namespace gaol::sys {
namespace {

constexpr std::string_view kDoing = "nftables";

Request request(int message, uint16_t flags = NLM_F_DUMP) {
  return {static_cast<uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message), flags,
          nfgenmsg{NFPROTO_INET, NFNETLINK_V0, 0}};
}

Request counters(int message, const std::string& table, uint16_t flags) {
  auto made = request(message, flags);
  made.add(NFTA_OBJ_TABLE, with_zero(table));
  made.add_number(NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
  return made;
}

std::string text_of(std::string_view attributes, uint16_t type) {
  const auto text = attribute_in(attributes, type);
  return std::string(text.substr(0, text.find('\0')));
}

uint32_t number_of(std::string_view attributes, uint16_t type) {
  return ntohl(head_of<uint32_t>(attribute_in(attributes, type)));
}

uint64_t count_of(std::string_view attributes, uint16_t type) {
  return be64toh(head_of<uint64_t>(attribute_in(attributes, type)));
}

// The attributes of each answer that is of the table.
template <class Visit>
Result<> each(const NetlinkSocket& socket, Request request, const std::string& table,
              uint16_t of_table, Visit visit) {
  return socket.list(std::move(request), kDoing, [&](std::string_view body) {
    const auto attributes = behind(body, sizeof(nfgenmsg));
    if (attribute_in(attributes, of_table).starts_with(with_zero(table))) visit(attributes);
  });
}

Result<bool> is_there(Request request) {
  const auto answer = TRY(NetlinkSocket::open(NETLINK_NETFILTER)).ask(std::move(request), kDoing);
  if (!answer && answer.error().code == ENOENT) return false;
  if (!answer) return std::unexpected(answer.error());
  return true;
}

}  // namespace

Result<std::vector<TableObject>> table_objects(const std::string& table) {
  using Kind = TableObject::Kind;
  std::vector<TableObject> all;
  const auto socket = TRY(NetlinkSocket::open(NETLINK_NETFILTER));
  TRY(each(socket, request(NFT_MSG_GETSET), table, NFTA_SET_TABLE, [&](std::string_view set) {
    const auto flags = number_of(set, NFTA_SET_FLAGS);
    if (!(flags & NFT_SET_ANONYMOUS))
      all.push_back({flags & NFT_SET_MAP ? Kind::map : Kind::set, text_of(set, NFTA_SET_NAME)});
  }));
  TRY(each(socket, counters(NFT_MSG_GETOBJ, table, NLM_F_DUMP), table, NFTA_OBJ_TABLE,
           [&](std::string_view counter) {
             all.push_back({Kind::counter, text_of(counter, NFTA_OBJ_NAME)});
           }));
  TRY(each(socket, request(NFT_MSG_GETCHAIN), table, NFTA_CHAIN_TABLE, [&](std::string_view chain) {
    all.push_back({Kind::chain, text_of(chain, NFTA_CHAIN_NAME),
                   !attribute_in(chain, NFTA_CHAIN_HOOK).empty()});
  }));
  return all;
}

Result<std::vector<TableCounter>> table_counters(const std::string& table, Counting counting) {
  const int message = counting == Counting::goes_on ? NFT_MSG_GETOBJ : NFT_MSG_GETOBJ_RESET;
  std::vector<TableCounter> all;
  const auto socket = TRY(NetlinkSocket::open(NETLINK_NETFILTER));
  TRY(each(socket, counters(message, table, NLM_F_DUMP), table, NFTA_OBJ_TABLE,
           [&](std::string_view counter) {
             const auto data = attribute_in(counter, NFTA_OBJ_DATA);
             all.push_back({text_of(counter, NFTA_OBJ_NAME), count_of(data, NFTA_COUNTER_PACKETS),
                            count_of(data, NFTA_COUNTER_BYTES)});
           }));
  return all;
}

Result<bool> has_table(const std::string& table) {
  auto asked = request(NFT_MSG_GETTABLE, 0);
  asked.add(NFTA_TABLE_NAME, with_zero(table));
  return is_there(std::move(asked));
}

Result<bool> has_counter(const std::string& table, const std::string& name) {
  auto asked = counters(NFT_MSG_GETOBJ, table, 0);
  asked.add(NFTA_OBJ_NAME, with_zero(name));
  return is_there(std::move(asked));
}

}  // namespace gaol::sys
