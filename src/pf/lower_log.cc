// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lower_log.h"

#include <algorithm>

#include "base/text.h"
#include "pf/lower_match.h"
#include "pf/pflog.h"

namespace gaol::pf {

std::optional<size_t> call_of(const std::string& path, const Policy& policy) {
  const auto main = policy.rulesets.find("");
  if (path.empty() || main == policy.rulesets.end()) return {};
  const auto& rules = main->second.filter;
  const auto found = std::ranges::find_if(rules, [&](const FilterRule& rule) {
    const auto& called = rule.anchor.path;
    return rule.verdict == Verdict::anchor &&
           (called.empty() || path == called || path.starts_with(called + "/"));
  });
  if (found == rules.end()) return {};
  return static_cast<size_t>(found - rules.begin());
}

std::string log_statement(const FilterRule& rule, size_t n, const std::string& path,
                          const Policy& policy, Direction direction) {
  LogRecord record{
      .action = rule.verdict, .direction = direction, .rule = static_cast<uint32_t>(n)};
  if (const auto call = call_of(path, policy)) {
    record.rule = static_cast<uint32_t>(*call);
    record.inner = static_cast<uint32_t>(n);
    record.anchor = escaped(path.substr(path.rfind('/') + 1));
  }
  return concat("log prefix \"", log_prefix(record), "\" group ", *log_group(rule.log->to));
}

}  // namespace gaol::pf
