// SPDX-License-Identifier: BSD-2-Clause
#include "pf/key.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gaol::pf {

namespace {

constexpr size_t kBlock = 64;
using Digest = std::array<uint32_t, 4>;

constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
// Which word of the block round r takes at step i: (i * factor + offset) mod 16.
constexpr unsigned kFactor[4] = {1, 5, 3, 7}, kOffset[4] = {0, 1, 5, 0};

uint32_t sine(unsigned step) {
  return static_cast<uint32_t>(std::floor(std::fabs(std::sin(step + 1.0)) * 4294967296.0));
}

uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d) {
  switch (round) {
    case 0: return (b & c) | (~b & d);
    case 1: return (d & b) | (~d & c);
    case 2: return b ^ c ^ d;
    default: return c ^ (b | ~d);
  }
}

uint32_t word_at(std::string_view block, unsigned index) {
  uint32_t word = 0;
  for (unsigned i = 0; i < 4; ++i)
    word |= uint32_t{static_cast<unsigned char>(block[index * 4 + i])} << (8 * i);
  return word;
}

void digest_block(Digest& state, std::string_view block) {
  auto [a, b, c, d] = state;
  for (unsigned step = 0; step < kBlock; ++step) {
    const unsigned round = step / 16;
    const uint32_t sum = a + mix(round, b, c, d) + sine(step) +
                         word_at(block, (step * kFactor[round] + kOffset[round]) % 16);
    const uint32_t next = b + std::rotl(sum, kShifts[round][step % 4]);
    a = d, d = c, c = b, b = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

}  // namespace

std::string hash_key(std::string_view word) {
  std::string text(word);
  text += '\x80';
  while (text.size() % kBlock != kBlock - 8) text += '\0';
  for (unsigned i = 0; i < 8; ++i)
    text += static_cast<char>((uint64_t{word.size()} * 8) >> (8 * i) & 0xff);

  Digest state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (size_t at = 0; at < text.size(); at += kBlock)
    digest_block(state, std::string_view(text).substr(at, kBlock));
  std::string out;
  for (const uint32_t part : state)
    for (unsigned i = 0; i < 8; ++i)
      out += "0123456789abcdef"[part >> (8 * (i / 2) + (i % 2 == 0 ? 4 : 0)) & 0xf];
  return out;
}

}  // namespace gaol::pf
