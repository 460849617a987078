// SPDX-License-Identifier: BSD-2-Clause
#include "sys/guard.h"

#include <errno.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>

namespace gaol::sys {

namespace {

// Where things are in a frame.
enum : int {
  kSource = 6,
  kType = 12,
  kArpMac = 22,
  kArpSource = 28,
  kIp4Source = 26,
  kIp6Next = 20,
  kIp6Source = 22,
  kIp6Payload = 54,
  kNeighbour = 8,  // the address in an advertisement, behind the start of its ICMPv6
};

uint32_t big_endian(const uint8_t* bytes, int size) {
  uint32_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | bytes[i];
  return value;
}

// A program under construction: jumps lead to places further down, which may come later. A load
// beyond the frame's end ends the program, and the frame passes; it is too short to mean anything
// to anybody.
class Code {
 public:
  enum Place : int { ours, arp, ip4, ip6, icmp, source, drop, pass, free };

  Code() { emit({BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0}); }

  void load(int size, int offset) {
    const int width = size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
    emit({static_cast<uint8_t>(BPF_LD | BPF_ABS | width), 0, 0, 0, offset});
  }
  void when(uint32_t value, int place) { jump(BPF_JEQ, value, place); }
  void unless(uint32_t value, int place) { jump(BPF_JNE, value, place); }
  void go(int place) {
    jumps_.emplace_back(code_.size(), place);
    emit({BPF_JMP | BPF_JA, 0, 0, 0, 0});
  }
  void at(int place) { places_[place] = code_.size(); }
  int fresh() { return next_++; }

  // To `place` when all of these bytes are there.
  void when_bytes(int offset, std::span<const uint8_t> bytes, int place) {
    const int differs = fresh();
    for (size_t i = 0; i < bytes.size();) {
      const int size = bytes.size() - i >= 4 ? 4 : 2;
      load(size, offset + static_cast<int>(i));
      unless(big_endian(&bytes[i], size), differs);
      i += static_cast<size_t>(size);
    }
    go(place);
    at(differs);
  }

  void answer(int verdict) {
    emit({BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, verdict});
    emit({BPF_JMP | BPF_EXIT, 0, 0, 0, 0});
  }

  std::vector<bpf_insn> finish() {
    for (const auto& [from, place] : jumps_)
      code_[from].off = static_cast<int16_t>(places_.at(place) - from - 1);
    return std::move(code_);
  }

 private:
  void emit(bpf_insn instruction) { code_.push_back(instruction); }
  void jump(int how, uint32_t value, int place) {
    jumps_.emplace_back(code_.size(), place);
    emit({static_cast<uint8_t>(BPF_JMP32 | how | BPF_K), BPF_REG_0, 0, 0,
          static_cast<int32_t>(value)});
  }

  std::vector<bpf_insn> code_;
  std::vector<std::pair<size_t, int>> jumps_;
  std::map<int, size_t> places_;
  int next_ = free;
};

std::span<const uint8_t> bytes_in(const Address& address) {
  return {address.bytes, address.family == AF_INET ? size_t{4} : size_t{16}};
}

// From here on a frame passes if one of the addresses stands at `offset`.
void hold_to(Code& code, int offset, const std::vector<Address>& addresses) {
  for (const auto& address : addresses) code.when_bytes(offset, bytes_in(address), Code::pass);
  code.go(Code::drop);
}

// ICMPv6 that begins at `offset`.
void judge_icmp(Code& code, int offset, const std::vector<Address>& neighbours) {
  constexpr uint32_t kRouter = 134, kAdvertisement = 136, kRedirect = 137;
  code.load(1, offset);
  code.when(kRouter, Code::drop);
  code.when(kRedirect, Code::drop);
  code.unless(kAdvertisement, Code::source);
  if (neighbours.empty()) return code.go(Code::source);
  hold_to(code, offset + kNeighbour, neighbours);
}

}  // namespace

Address link_local(const Mac& mac) {
  return {.family = AF_INET6,
          .bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(mac[0] ^ 2), mac[1], mac[2],
                    0xff, 0xfe, mac[3], mac[4], mac[5]},
          .prefix = 64};
}

std::vector<bpf_insn> guard_program(const Guard& guard) {
  std::vector<Address> four, six;
  for (const auto& address : guard.addresses)
    (address.family == AF_INET ? four : six).push_back(address);
  const Address nobody4{.family = AF_INET}, nobody6{.family = AF_INET6};
  if (!six.empty()) six.push_back(link_local(guard.mac));

  Code code;
  code.when_bytes(kSource, guard.mac, Code::ours);
  code.go(Code::drop);
  code.at(Code::ours);
  code.load(2, kType);
  code.when(ETH_P_IP, Code::ip4);
  code.when(ETH_P_IPV6, Code::ip6);
  code.unless(ETH_P_ARP, Code::drop);

  code.when_bytes(kArpMac, guard.mac, Code::arp);
  code.go(Code::drop);
  code.at(Code::arp);
  if (four.empty()) {
    code.go(Code::pass);
  } else {
    code.when_bytes(kArpSource, bytes_in(nobody4), Code::pass);  // asks whether one is free
    hold_to(code, kArpSource, four);
  }

  code.at(Code::ip4);
  if (four.empty())
    code.go(Code::pass);
  else
    hold_to(code, kIp4Source, four);

  // Extension headers could hide what follows them. Only the one of multicast is needed.
  code.at(Code::ip6);
  code.load(1, kIp6Next);
  code.when(IPPROTO_ICMPV6, Code::icmp);
  code.when(IPPROTO_ROUTING, Code::drop);
  code.when(IPPROTO_DSTOPTS, Code::drop);
  code.unless(IPPROTO_HOPOPTS, Code::source);
  code.load(2, kIp6Payload);
  code.unless(IPPROTO_ICMPV6 << 8, Code::drop);  // and eight bytes of options
  judge_icmp(code, kIp6Payload + 8, six);
  code.at(Code::icmp);
  judge_icmp(code, kIp6Payload, six);

  code.at(Code::source);
  if (six.empty()) {
    code.go(Code::pass);
  } else {
    code.when_bytes(kIp6Source, bytes_in(nobody6), Code::pass);
    hold_to(code, kIp6Source, six);
  }
  code.at(Code::drop);
  code.answer(TC_ACT_SHOT);
  code.at(Code::pass);
  code.answer(TC_ACT_OK);
  return code.finish();
}

Result<Fd> load_guard(const Guard& guard) {
  return load_classifier(guard_program(guard), "gaol_guard");
}

Result<Fd> load_classifier(std::span<const bpf_insn> code, const char* name) {
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  attr.insns = reinterpret_cast<uintptr_t>(code.data());
  attr.insn_cnt = static_cast<uint32_t>(code.size());
  attr.license = reinterpret_cast<uintptr_t>("BSD");
  std::strncpy(attr.prog_name, name, sizeof attr.prog_name - 1);
  const long fd = ::syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
  if (fd < 0) return fail_errno(errno, "load ", name);
  return Fd(static_cast<int>(fd));
}

}  // namespace gaol::sys
