// SPDX-License-Identifier: BSD-2-Clause
#include "jail/manual.h"

// A list of parameters that a person keeps goes stale with the next row of the registry. So the
// pages and the completions are templates, and the build puts the lists in.

#include <ctype.h>

#include "base/text.h"
#include "jail/params.h"

namespace gaol::jail {

namespace {

constexpr std::string_view kTypeWords[] = {"boolean",        "integer",        "string",
                                           "three-state",    "IPv4 addresses", "IPv6 addresses",
                                           "list of values", "key=value lines"};
constexpr std::string_view kWhenWords[] = {"Set at creation only.", "Can be changed at any time.",
                                           "Read-only.", ""};
constexpr std::string_view kLinuxWords[] = {"native", "emulated", "partial", "refused"};

std::string_view word(const auto& words, auto value) { return words[std::to_underlying(value)]; }

// As a line of running text: a capital, and nothing that roff takes for a request or an escape.
std::string sentence(std::string_view clause) {
  std::string out;
  for (const char c : clause) out += c == '\\' ? "\\e" : std::string(1, c);
  out[0] = static_cast<char>(::toupper(static_cast<unsigned char>(out[0])));
  return concat(out.starts_with('.') || out.starts_with('\'') ? "\\&" : "", out, ".\n");
}

std::string accepted(const Param& row) {
  if (row.when == When::readonly || row.takes.empty()) return "";
  std::string out;
  for (const auto value : words(row.takes)) out += concat(out.empty() ? "" : ", ", value);
  return concat("Accepted: ", out, ".\n");
}

std::string means(const Param& row) {
  const auto degree = word(kLinuxWords, row.linux_means);
  return concat("On Linux: ", degree, row.note.empty() ? "" : concat(" (", row.note, ")"), ".\n");
}

std::string item(const Param& row) {
  const std::string standard = row.standard.empty() ? "" : concat(" , default Li ", row.standard);
  const auto when = word(kWhenWords, row.when);
  return concat(".It Va ", row.name, " Pq ", word(kTypeWords, row.type), standard, "\n",
                sentence(row.manual), when, when.empty() ? "" : "\n", accepted(row), means(row));
}

bool for_tool(const Param& row) { return row.when == When::tool; }

std::string items(bool tool) {
  std::string out = ".Bl -tag -width Ds\n";
  for (const Param& row : registry())
    if (for_tool(row) == tool) out += item(row);
  return out + ".El";
}

std::string jail_parameters() { return items(false); }
std::string tool_parameters() { return items(true); }

std::string jail_words() {
  std::string out;
  for (const Param& row : registry()) {
    if (row.when == When::readonly) continue;
    const bool alone = row.type == Type::boolean || row.type == Type::jailsys;
    if (alone) out += concat(row.name, " ");
    out += concat(
        row.type == Type::boolean ? boolean_spelling(row.name, false) : concat(row.name, "="), " ");
  }
  return std::string(trim(out));
}

std::string three_states() {
  std::string out;
  for (const Param& row : registry())
    if (row.type == Type::jailsys) out += concat(out.empty() ? "" : " ", row.name);
  return out;
}

std::string jls_words() {
  std::string out = "all";
  for (const Param& row : registry())
    if (!for_tool(row)) out += concat(" ", row.name);
  return out;
}

struct Mark {
  std::string_view name;
  std::string (*text)();
};
constexpr Mark kMarks[] = {
    {"@JAIL_PARAMETERS@", jail_parameters}, {"@TOOL_PARAMETERS@", tool_parameters},
    {"@JAIL_WORDS@", jail_words},           {"@JLS_WORDS@", jls_words},
    {"@THREE_STATES@", three_states},
};

}  // namespace

std::string fill(std::string_view page) {
  std::string out(page);
  for (const auto& mark : kMarks)
    if (const auto at = out.find(mark.name); at != out.npos)
      out.replace(at, mark.name.size(), mark.text());
  return out;
}

}  // namespace gaol::jail
