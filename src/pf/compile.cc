// SPDX-License-Identifier: BSD-2-Clause
#include "pf/compile.h"

#include "pf/parse.h"

namespace gaol::pf {

namespace {

constexpr size_t kMostUnits = 256;  // anchors may load anchors

struct Job {
  std::string file, text, anchor;
};

Macros macros_of(const Request& request) {
  Macros out;
  for (const auto& [name, value] : request.macros)
    out[name] = {.value = value, .at = {}, .persistent = true};
  return out;
}

std::string below(const std::string& path, const std::string& name) {
  if (name.starts_with('/')) return name.substr(1);
  return path.empty() ? name : concat(path, "/", name);
}

}  // namespace

Compiled compile(const Request& request, const World& world) {
  Compiled out;
  Complaints complaints(out.policy.files);
  std::vector<Job> jobs = {{request.name, request.text, request.anchor}};
  for (size_t i = 0; i < jobs.size() && i < kMostUnits; ++i) {
    const Job job = jobs[i];
    Macros macros = macros_of(request);
    Lexer lexer(out.policy.files, macros, complaints);
    (void)lexer.enter(job.file, job.text);
    Parser parser(lexer, macros, complaints, world.read);
    Expander expander(out.policy, complaints, world, job.anchor);
    while (auto statement = parser.next()) expander.take(*statement);
    out.units.push_back({job.anchor, job.file, expander.take_declared()});
    for (const auto& [name, macro] : macros)
      if (!macro.used && !macro.persistent) out.unused_macros.push_back(name);
    for (const LoadSyntax& load : expander.loads()) {
      const auto text = world.read(load.file);
      if (text)
        jobs.push_back({load.file, *text, below(job.anchor, load.anchor)});
      else
        complaints.note(concat(load.file, ": ", errno_text(text.error().code)));
    }
  }
  out.errors = complaints.lines();
  out.warnings = complaints.warnings();
  return out;
}

}  // namespace gaol::pf
