// SPDX-License-Identifier: BSD-2-Clause

// jls(8): list jails. Three displays (standard, verbose, parameters) over one list of jails, for
// people or, by libxo's options, for programs. Anybody may look, as on FreeBSD.
// Source: jls(8), FreeBSD 15; layouts to the column.

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "jail/conf.h"
#include "sys/probe.h"
#include "tools/print.h"
#include "warden/authority.h"
#include "warden/values.h"

namespace {

using namespace gaol;
using jail::Type;
using jail::When;
using tools::complain;
using tools::say;
using warden::Authority;
using warden::View;

constexpr const char* kUsage =
    "usage: jls [--libxo json|xml[,pretty]] [-dhNnqsv] [-j jail] [param ...]\n"
    "       jls -c [-d] -j jail\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

struct Options {
  bool check = false, header = false, name_first = false, pairs = false, quote = false,
       settable = false, verbose = false;
  enum class Form : uint8_t { text, json, xml } form = Form::text;
  bool pretty = false;
  Authority::Dying dying = Authority::Dying::hidden;
  std::optional<std::string> jail;
  std::vector<std::string> parameters;
};

void take_libxo_word(std::string_view word, Options& o) {
  if (word == "json" || word == "J")
    o.form = Options::Form::json;
  else if (word == "xml" || word == "X")
    o.form = Options::Form::xml;
  else if (word == "text" || word == "T")
    o.form = Options::Form::text;
  else if (word == "pretty" || word == "P")
    o.pretty = true;
  else if (word == "html" || word == "H") {
    complain("jls", "--libxo html: not supported on this system: ask for json or xml");
    std::exit(1);
  } else
    usage();
}

// libxo's options come first and are consumed whole.
std::vector<char*> take_libxo(int argc, char** argv, Options& o) {
  std::vector<char*> rest{argv[0]};
  for (int at = 1; at < argc; ++at) {
    std::string_view word = argv[at];
    if (!word.starts_with("--libxo")) {
      rest.push_back(argv[at]);
      continue;
    }
    word.remove_prefix(7);
    if (word.starts_with(':')) {  // one letter each
      for (const char letter : word.substr(1)) take_libxo_word({&letter, 1}, o);
      continue;
    }
    if (word.empty() && at + 1 < argc)
      word = argv[++at];
    else if (!word.empty())
      word.remove_prefix(1);
    for (const auto piece : split(word, ',')) take_libxo_word(piece, o);
  }
  return rest;
}

Options parse_options(int argc, char** argv) {
  Options o;
  auto words = take_libxo(argc, argv, o);
  const int count = static_cast<int>(words.size());
  words.push_back(nullptr);
  for (int c; (c = ::getopt(count, words.data(), "+acdhj:Nnqsv")) != -1;) {
    switch (c) {
      case 'a':  // what -d was called once
      case 'd': o.dying = Authority::Dying::shown; break;
      case 'c': o.check = true; break;
      case 'h':
        o.header = true;
        o.settable = o.verbose = false;
        break;
      case 'j': o.jail = optarg; break;
      case 'N': o.name_first = true; break;
      case 'n':
        o.pairs = true;
        o.verbose = false;
        break;
      case 'q': o.quote = true; break;
      case 's':
        o.pairs = o.quote = o.settable = true;
        o.header = o.verbose = false;
        break;
      case 'v':
        o.verbose = true;
        o.header = o.pairs = o.settable = false;
        break;
      default: usage();
    }
  }
  o.parameters.assign(words.begin() + optind, words.end() - 1);
  const bool prints = o.header || o.name_first || o.pairs || o.quote || o.verbose;
  if (o.check && (!o.jail || prints || !o.parameters.empty())) usage();
  if ((o.header || o.pairs) && o.parameters.empty()) o.parameters = {"all"};
  return o;
}

// --- one value of one jail ---

bool is_list(const jail::Param& param) {
  return param.type == Type::ip4_list || param.type == Type::ip6_list || param.type == Type::list;
}

std::string in_quotes(const std::string& text) {
  const char* mark = text.contains('\'')                      ? "\""
                     : text.contains('"')                     ? "'"
                     : text.find_first_of(" \t") != text.npos ? "\""
                                                              : "";
  return concat(mark, text, mark);
}

std::string shown(const Options& o, const jail::Param& param, const warden::Value& value) {
  std::string text = join(value, ",");
  if (param.type == Type::boolean) return text;
  if (text.empty()) {
    if (!is_list(param) || o.quote) return "\"\"";
    return o.pairs ? "" : "-";
  }
  return o.quote ? in_quotes(text) : text;
}

// --- parameters by name ---

struct Column {
  const jail::Param* param;
  std::string key;
  std::string title() const {
    return key.empty() ? std::string(param->name) : concat(param->name, ".", key);
  }
};

bool listed(const jail::Param& param) { return param.when != When::tool; }

// Names without a dot first, then the others, each in byte order.
std::vector<Column> all_columns() {
  std::vector<Column> out;
  for (const bool dotted : {false, true})
    for (const auto& param : jail::registry())
      if (listed(param) && param.name.contains('.') == dotted) out.push_back({&param, {}});
  return out;
}

Result<std::vector<Column>> columns(const Options& o) {
  std::vector<Column> out;
  for (const auto& word : o.parameters) {
    if (word == "all") {
      for (auto& column : all_columns()) out.push_back(std::move(column));
      continue;
    }
    const auto spelling = TRY(jail::spelling(word));
    if (!listed(jail::param(spelling.id))) return jail::unknown_parameter(word);
    out.push_back({&jail::param(spelling.id), spelling.key});
  }
  return out;
}

// For -s: what jail(8) takes back. Below a three-state parent only its `new` has values; what
// Linux refuses and nobody gave would be refused again, what is the host's is no wish.
bool settable(const View& jail, const jail::Param& param) {
  if (param.when == When::readonly) return false;
  if (param.linux_means == jail::Linux::refused && !jail.settings().has(param.name)) return false;
  if (jail.inherited(param)) return false;
  const auto dot = param.name.rfind('.');
  if (dot == param.name.npos) return true;
  const auto parent = jail::find(param.name.substr(0, dot));
  return !parent || jail::param(*parent).type != Type::jailsys ||
         jail.settings().jailsys(param.name.substr(0, dot)) == jail::Jailsys::fresh;
}

// A jail's word for a column; none where -s has nothing to say.
std::string cell(const Options& o, const Column& column, const View& jail) {
  const auto& param = *column.param;
  if (o.settable && !settable(jail, param)) return {};
  const auto value = jail.value(param, column.key);
  if (!o.pairs) return shown(o, param, value);
  if (param.type == Type::boolean) return jail::boolean_spelling(param.name, value[0] == "true");
  if (o.settable && !column.key.empty() && value[0].empty()) return column.title();
  return concat(column.title(), "=", shown(o, param, value));
}

// Rows of ten thousand jails differ in a few columns: what stands in the others is made once.
class Rows {
 public:
  Rows(const Options& o, const std::vector<Column>& columns)
      : options_(o), columns_(columns), touched_by_(jail::registry().size()) {
    const warden::Entry nothing_given;
    const View standard(nothing_given);
    for (size_t at = 0; at < columns.size(); ++at) {
      const auto& param = *columns[at].param;
      starts_.push_back(usual_.size());
      add_word(usual_, cell(o, columns[at], standard));
      own_.push_back(warden::is_each_jails_own(param));
      watch(param, at);
      if (const auto parent = jail::find(above(param))) watch(jail::param(*parent), at);
    }
    starts_.push_back(usual_.size());
  }

  // A jail's row; empty where -s has nothing to say.
  std::string_view row(const View& jail) {
    special_ = own_;
    for (const auto& setting : jail.settings().all())
      for (const size_t at : touched_by_[setting.id]) special_[at] = true;
    row_.clear();
    size_t next = 0;  // the first column that is not in the row yet
    for (size_t at = 0; at < columns_.size(); ++at) {
      if (!special_[at]) continue;
      add_usual(next, at);
      add_word(row_, cell(options_, columns_[at], jail));
      next = at + 1;
    }
    add_usual(next, columns_.size());
    if (!row_.empty()) row_.pop_back();
    return row_;
  }

 private:
  void watch(const jail::Param& param, size_t column) {
    for (const auto name : {param.name, param.implied_by})
      if (const auto id = jail::find(name)) touched_by_[*id].push_back(column);
  }
  // What settable() asks for.
  static std::string_view above(const jail::Param& param) {
    const auto dot = param.name.rfind('.');
    return dot == param.name.npos ? "" : param.name.substr(0, dot);
  }
  void add_usual(size_t from, size_t to) {
    row_.append(usual_, starts_[from], starts_[to] - starts_[from]);
  }
  static void add_word(std::string& to, const std::string& word) {
    if (!word.empty()) to.append(word).append(1, ' ');
  }

  const Options& options_;
  const std::vector<Column>& columns_;
  std::vector<std::vector<size_t>> touched_by_;  // columns, by the parameter that was given
  std::vector<bool> own_, special_;
  std::string usual_, row_;
  std::vector<size_t> starts_;  // of each column in `usual_`, and its end
};

void print_parameters(const Options& o, const std::vector<Column>& columns,
                      const std::vector<warden::Entry>& jails) {
  std::vector<std::string> titles;
  for (const auto& column : columns) titles.push_back(column.title());
  if (o.header) say(join(titles, " "));
  Rows rows(o, columns);
  tools::Lines lines;
  for (const auto& jail : jails) lines.add(rows.row(View(jail)));
}

// --- standard displays ---

enum class Cut : uint8_t { no, yes };

// A column of a row, filled up with blanks.
void add_field(std::string& row, std::string_view text, size_t width, Cut cut = Cut::yes) {
  if (cut == Cut::yes) text = text.substr(0, width);
  row.append(text).append(width - std::min(width, text.size()), ' ');
}
void add_number(std::string& row, int number, size_t width) {
  const std::string digits = concat(number);
  row.append(width - std::min(width, digits.size()), ' ').append(digits);
}

constexpr size_t kJid = 6, kName = 15, kAddress = 15, kHostname = 29, kPath = 74;

std::string_view first_address(const warden::Entry& jail) {
  return std::string_view(jail.ip4).substr(0, jail.ip4.find(','));
}
const char* state(const warden::Entry& jail) { return jail.dying ? "DYING" : "ACTIVE"; }

void print_standard(const Options& o, const std::vector<warden::Entry>& jails) {
  tools::Lines lines;
  lines.add(o.name_first ? " JID             IP Address      Hostname                      Path"
                         : "   JID  IP Address      Hostname                      Path");
  std::string row;
  for (const auto& jail : jails) {
    row.clear();
    if (o.name_first) {
      add_field(row.append(" "), jail.name, kName, Cut::no);
      row += " ";
    } else {
      add_number(row, jail.jid, kJid);
      row += "  ";
    }
    add_field(row, first_address(jail), kAddress);
    add_field(row.append(" "), jail.hostname, kHostname);
    lines.add(row.append(" ").append(jail.path, 0, kPath));
  }
}

void print_verbose(const std::vector<warden::Entry>& jails) {
  tools::Lines lines;
  lines.add("   JID  Hostname                      Path");
  lines.add("        Name                          State");
  lines.add("        CPUSetID");
  lines.add("        IP Address(es)");
  const std::string indent(kJid + 2, ' ');
  std::string row;
  for (const auto& jail : jails) {
    row.clear();
    add_number(row, jail.jid, kJid);
    add_field(row.append("  "), jail.hostname, kHostname);
    lines.add(row.append(" ").append(jail.path, 0, kPath));
    add_field(row.assign(indent), jail.name, kHostname);
    lines.add(row.append(" ").append(state(jail)));
    lines.add(concat(indent, jail.jid));
    for (const auto* list : {&jail.ip4, &jail.ip6})
      for (const auto& address : warden::addresses(*list)) lines.add(concat(indent, address));
  }
}

// --- for programs ---

using nlohmann::ordered_json;

ordered_json json_of(const View& jail, const Column& column) {
  const auto value = jail.value(*column.param, column.key);
  if (is_list(*column.param)) return value;
  if (column.param->type == Type::boolean) return value[0] == "true";
  if (column.param->type == Type::integer)
    if (auto n = number<int64_t>(value[0])) return *n;
  return value[0];
}

ordered_json json_of(const Options& o, const warden::Entry& jail) {
  if (o.verbose)
    return {{"jid", jail.jid},
            {"hostname", jail.hostname},
            {"path", jail.path},
            {"name", jail.name},
            {"state", state(jail)},
            {"cpusetid", jail.jid},
            {"ipv4-addrs", warden::addresses(jail.ip4)},
            {"ipv6-addrs", warden::addresses(jail.ip6)}};
  ordered_json out;
  if (o.name_first)
    out["name"] = jail.name;
  else
    out["jid"] = jail.jid;
  out["ipv4"] = first_address(jail);
  out["hostname"] = jail.hostname;
  out["path"] = jail.path;
  return out;
}

constexpr const char* kVersion = "2";  // of this shape of output, as libxo counts

void print_json(const ordered_json& list, bool pretty) {
  const ordered_json root = {{"__version", kVersion}, {"jail-information", {{"jail", list}}}};
  say(root.dump(pretty ? 2 : -1, ' ', false, ordered_json::error_handler_t::replace));
}

std::string escaped_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

void print_xml(const ordered_json& list, bool pretty) {
  const std::string end = pretty ? "\n" : "";
  const auto indent = [&](size_t depth) { return std::string(pretty ? 2 * depth : 0, ' '); };
  const auto leaf = [&](const std::string& key, const ordered_json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    return concat(indent(2), "<", key, ">", escaped_xml(text), "</", key, ">", end);
  };
  std::string out = concat("<jail-information version=\"", kVersion, "\">", end);
  for (const auto& jail : list) {
    out += concat(indent(1), "<jail>", end);
    for (const auto& [key, value] : jail.items()) {
      if (!value.is_array())
        out += leaf(key, value);
      else
        for (const auto& item : value) out += leaf(key, item);
    }
    out += concat(indent(1), "</jail>", end);
  }
  say(concat(out, "</jail-information>"));
}

void print_for_programs(const Options& o, const std::vector<Column>& columns,
                        const std::vector<warden::Entry>& jails) {
  ordered_json list = ordered_json::array();
  for (const auto& entry : jails) {
    if (columns.empty()) {
      list.push_back(json_of(o, entry));
      continue;
    }
    const View jail(entry);
    ordered_json out;
    for (const auto& column : columns) out[column.title()] = json_of(jail, column);
    list.push_back(std::move(out));
  }
  (o.form == Options::Form::json ? print_json : print_xml)(list, o.pretty);
}

// All displays of whole jails have the host name.
bool shows_what_changes(const std::vector<Column>& columns) {
  return columns.empty() || std::ranges::any_of(columns, [](const Column& column) {
           return warden::is_roots_to_change(*column.param);
         });
}

int run(const Options& o) {
  auto chosen = columns(o);
  if (!chosen) {
    complain("jls", chosen.error());
    return 1;
  }
  const auto authority = warden::authority(sys::real_kernel());
  const auto names = sys::is_root() && shows_what_changes(*chosen) ? Authority::Names::live
                                                                   : Authority::Names::given;
  std::vector<warden::Entry> jails;
  if (o.jail) {
    auto jail = authority->look_up(*o.jail, o.dying, names);
    if (!jail && !o.check) complain("jls", concat("jail \"", *o.jail, "\" not found"));
    if (!jail || o.check) return jail ? 0 : 1;
    jails.push_back(std::move(*jail));
  } else {
    auto all = authority->listing(o.dying, names);
    if (!all) {
      complain("jls", all.error());
      return 1;
    }
    jails = std::move(*all);
  }
  if (o.form != Options::Form::text)
    print_for_programs(o, *chosen, jails);
  else if (!chosen->empty())
    print_parameters(o, *chosen, jails);
  else if (o.verbose)
    print_verbose(jails);
  else
    print_standard(o, jails);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run(parse_options(argc, argv)); }
