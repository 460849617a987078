// SPDX-License-Identifier: BSD-2-Clause
#include "sys/rate.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "sys/guard.h"
#include "sys/netlink.h"

namespace gaol::sys {

namespace {

constexpr uint64_t kBits = 8, kNanoseconds = 1'000'000'000;

// What may go at once after a pause: the largest packet of the stack, or what goes in a while.
uint64_t burst_of(uint64_t bytes_per_second) {
  constexpr uint64_t kLargest = 128 << 10, kPerSecond = 20;
  return std::max(kLargest, bytes_per_second / kPerSecond);
}

uint32_t clamped(uint64_t value) {
  return static_cast<uint32_t>(std::min<uint64_t>(value, std::numeric_limits<uint32_t>::max()));
}

// One number: the time until which the line is busy with what has passed.
Result<Fd> make_clock() {
  bpf_attr attr{};
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = sizeof(uint32_t);
  attr.value_size = sizeof(uint64_t);
  attr.max_entries = 1;
  const long fd = ::syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
  if (fd < 0) return fail_errno(errno, "rate map");
  return Fd(static_cast<int>(fd));
}

bpf_insn alu(int operation, int to, int32_t value) {
  return {static_cast<uint8_t>(BPF_ALU64 | operation | BPF_K), static_cast<uint8_t>(to & 15), 0, 0,
          value};
}
bpf_insn alu_register(int operation, int to, int from) {
  return {static_cast<uint8_t>(BPF_ALU64 | operation | BPF_X), static_cast<uint8_t>(to & 15),
          static_cast<uint8_t>(from & 15), 0, 0};
}
bpf_insn call(int function) { return {BPF_JMP | BPF_CALL, 0, 0, 0, function}; }
bpf_insn jump(int operation, int left, int right, int16_t offset) {
  return {static_cast<uint8_t>(BPF_JMP | operation | BPF_X), static_cast<uint8_t>(left & 15),
          static_cast<uint8_t>(right & 15), offset, 0};
}

void load_number(std::vector<bpf_insn>& code, int to, uint64_t value, int source = 0) {
  code.push_back({BPF_LD | BPF_DW, static_cast<uint8_t>(to & 15), static_cast<uint8_t>(source & 15),
                  0, static_cast<int32_t>(value)});
  code.push_back({0, 0, 0, 0, static_cast<int32_t>(value >> 32)});
}

// A packet costs the time it takes at the rate. Too much is what would take the line further into
// the future than two bursts last: what comes from a queue of that rate is never that.
std::vector<bpf_insn> limit_program(uint64_t bits_per_second, const Fd& clock) {
  constexpr int kFraction = 16;  // bits behind the point of nanoseconds per byte
  const uint64_t cost = (kBits * kNanoseconds << kFraction) / bits_per_second;
  const uint64_t bytes = bits_per_second / kBits;
  const uint64_t lead = 2 * burst_of(bytes) * cost >> kFraction;

  std::vector<bpf_insn> code = {
      {BPF_LDX | BPF_W | BPF_MEM, BPF_REG_7, BPF_REG_1, offsetof(__sk_buff, len), 0}};
  load_number(code, BPF_REG_2, cost);
  code.push_back(alu_register(BPF_MUL, BPF_REG_7, BPF_REG_2));
  code.push_back(alu(BPF_RSH, BPF_REG_7, kFraction));  // r7: what it costs
  code.push_back(call(BPF_FUNC_ktime_get_ns));
  code.push_back(alu_register(BPF_MOV, BPF_REG_8, BPF_REG_0));  // r8: now
  code.push_back({BPF_ST | BPF_W | BPF_MEM, BPF_REG_10, 0, -4, 0});
  code.push_back(alu_register(BPF_MOV, BPF_REG_2, BPF_REG_10));
  code.push_back(alu(BPF_ADD, BPF_REG_2, -4));
  load_number(code, BPF_REG_1, static_cast<uint32_t>(clock.get()), BPF_PSEUDO_MAP_FD);
  code.push_back(call(BPF_FUNC_map_lookup_elem));
  const std::vector<bpf_insn> judge = {
      {BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 9, 0},  // never: the map has that element
      {BPF_LDX | BPF_DW | BPF_MEM, BPF_REG_1, BPF_REG_0, 0, 0},
      jump(BPF_JGE, BPF_REG_1, BPF_REG_8, 2),  // else the line has been idle
      alu_register(BPF_MOV, BPF_REG_1, BPF_REG_8),
      {BPF_STX | BPF_DW | BPF_MEM, BPF_REG_0, BPF_REG_8, 0, 0},
  };
  code.insert(code.end(), judge.begin(), judge.end());
  load_number(code, BPF_REG_2, lead);
  const std::vector<bpf_insn> verdict = {
      alu_register(BPF_ADD, BPF_REG_2, BPF_REG_8),
      jump(BPF_JGT, BPF_REG_1, BPF_REG_2, 3),
      {BPF_STX | BPF_DW | BPF_ATOMIC, BPF_REG_0, BPF_REG_7, 0, BPF_ADD},
      alu(BPF_MOV, BPF_REG_0, TC_ACT_UNSPEC),
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
      alu(BPF_MOV, BPF_REG_0, TC_ACT_SHOT),
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  code.insert(code.end(), verdict.begin(), verdict.end());
  return code;
}

}  // namespace

Result<> limit_leaving(unsigned index, uint64_t bits_per_second) {
  constexpr uint64_t kPatience = 20;  // the longest wait is the twentieth part of a second
  const uint64_t bytes = bits_per_second / kBits;
  tc_tbf_qopt shape{};
  shape.rate.rate = clamped(bytes);
  shape.rate.linklayer = TC_LINKLAYER_ETHERNET;
  shape.limit = clamped(burst_of(bytes) + bytes / kPatience);
  tcmsg place{};
  place.tcm_ifindex = static_cast<int>(index);
  place.tcm_parent = TC_H_ROOT;
  Request request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, place);
  request.add(TCA_KIND, with_zero("tbf"));
  AttributeRow options;
  options.add(TCA_TBF_PARMS, bytes_of(shape));
  options.add_number(TCA_TBF_RATE64, bytes);
  options.add_number(TCA_TBF_BURST, clamped(burst_of(bytes)));
  request.add(TCA_OPTIONS, options.bytes());
  const auto socket = TRY(NetlinkSocket::open());
  TRY(socket.ask(std::move(request), "tbf"));
  return {};
}

Result<Fd> load_limit(uint64_t bits_per_second) {
  const Fd clock = TRY(make_clock());  // the program keeps it
  return load_classifier(limit_program(bits_per_second, clock), "gaol_rate");
}

}  // namespace gaol::sys
