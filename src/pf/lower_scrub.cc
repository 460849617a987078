// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower_scrub.h"

#include "base/text.h"

namespace gaol::pf {

Normalization changes(const FilterRule& rule) {
  Normalization made = rule.scrub;
  made.reassemble_tcp = false;
  if (rule.set_tos) made.tos = rule.set_tos;
  return made;
}

std::vector<std::string> scrub_rules(const Normalization& normalization) {
  std::vector<std::string> rules;
  if (normalization.no_df)
    rules.emplace_back("ip frag-off & 0x4000 == 0x4000 ip frag-off set ip frag-off & 0xbfff");
  // Not of fragments, which would lose each other. 65536 and its multiples would be 0 where it is
  // cut off.
  if (normalization.random_id)
    rules.emplace_back("ip frag-off & 0x3fff == 0 ip id set numgen random mod 4294967295");
  if (const int ttl = normalization.min_ttl) {
    rules.push_back(concat("ip ttl < ", ttl, " ip ttl set ", ttl));
    rules.push_back(concat("ip6 hoplimit < ", ttl, " ip6 hoplimit set ", ttl));
  }
  if (const int mss = normalization.max_mss)
    rules.push_back(concat("tcp flags & 0x2 == 0x2 tcp option maxseg size > ", mss,
                           " tcp option maxseg size set ", mss));
  if (normalization.tos)  // all but the two bits that say of congestion
    for (const auto* ip : {"ip", "ip6"})
      rules.push_back(concat(ip, " dscp set ", *normalization.tos >> 2));
  return rules;
}

}  // namespace gaol::pf
