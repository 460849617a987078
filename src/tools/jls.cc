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

namespace {

using namespace gaol;
using jail::Type;
using jail::When;
using tools::complain;
using tools::say;

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
  warden::Authority::Dying dying = warden::Authority::Dying::hidden;
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
      case 'd': o.dying = warden::Authority::Dying::shown; break;
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

struct Value {
  std::vector<std::string> items;  // one unless the parameter is a list
  bool flag = false;               // booleans
};

// An entry with its parameters, which are unpacked only if somebody asks for one.
class Jail {
 public:
  explicit Jail(const warden::Entry& entry) : entry_(entry) {}
  const warden::Entry& entry() const { return entry_; }
  const jail::Settings& settings() const {
    if (!settings_) settings_ = entry_.settings();
    return *settings_;
  }

 private:
  const warden::Entry& entry_;
  mutable std::optional<jail::Settings> settings_;
};

std::vector<std::string> addresses(const std::string& list) {
  if (list.empty()) return {};
  const auto pieces = split(list, ',');
  return {pieces.begin(), pieces.end()};
}

// What every entry has at hand, and what nobody gave because it is the jail's own doing.
struct AtHand {
  std::string_view name;
  Value (*value)(const warden::Entry&);
  bool changes = false;  // root of the jail may change it
};
constexpr AtHand kAtHand[] = {
    {"children.cur", [](const warden::Entry& jail) { return Value{{concat(jail.children)}}; }},
    {"cpuset.id", [](const warden::Entry& jail) { return Value{{concat(jail.jid)}}; }},
    {"dying",
     [](const warden::Entry& jail) {
       return Value{{}, jail.dying};
     }},
    {"host.domainname", [](const warden::Entry& jail) { return Value{{jail.domainname}}; }, true},
    {"host.hostname", [](const warden::Entry& jail) { return Value{{jail.hostname}}; }, true},
    {"ip4.addr", [](const warden::Entry& jail) { return Value{addresses(jail.ip4)}; }},
    {"ip6.addr", [](const warden::Entry& jail) { return Value{addresses(jail.ip6)}; }},
    {"jid", [](const warden::Entry& jail) { return Value{{concat(jail.jid)}}; }},
    {"name", [](const warden::Entry& jail) { return Value{{jail.name}}; }},
    {"parent", [](const warden::Entry& jail) { return Value{{concat(jail.parent)}}; }},
    {"path", [](const warden::Entry& jail) { return Value{{jail.path}}; }},
};

const AtHand* at_hand(const jail::Param& param) {
  const auto* known = std::ranges::find(kAtHand, param.name, &AtHand::name);
  return known == std::end(kAtHand) ? nullptr : known;
}

// What is the host's as long as nobody has given the jail its own.
struct OfHost {
  std::string_view name;
  std::string (*value)();
};
constexpr OfHost kOfHost[] = {
    {"osreldate", [] { return concat(sys::kernel_date()); }},
    {"osrelease", sys::kernel_release},
};

const OfHost* inherited(const Jail& jail, const jail::Param& param) {
  const auto* known = std::ranges::find(kOfHost, param.name, &OfHost::name);
  return known == std::end(kOfHost) || jail.settings().has(param.name) ? nullptr : known;
}

Value value_of(const Jail& jail, const jail::Param& param, std::string_view key = {}) {
  if (const auto* known = at_hand(param)) return known->value(jail.entry());
  if (const auto* host = inherited(jail, param)) return {{host->value()}};
  const jail::Settings& settings = jail.settings();
  switch (param.type) {
    case Type::boolean: return {{}, settings.on(param.name)};
    case Type::jailsys: return {{std::string(jail::jailsys_word(settings.jailsys(param.name)))}};
    case Type::list: return {settings.list(param.name)};
    case Type::keyvalue: {
      const std::string buffer = settings.buffer(param.name, "");
      if (key.empty()) return {{buffer}};
      for (auto line : split(buffer, '\n'))
        if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
          return {{std::string(line.substr(key.size() + 1))}};
      return {{""}};
    }
    default: return {{settings.text(param.name)}};
  }
}

bool is_list(const jail::Param& param) {
  return param.type == Type::ip4_list || param.type == Type::ip6_list || param.type == Type::list;
}

std::string quoted(const std::string& text) {
  const char* mark = text.contains('\'')                      ? "\""
                     : text.contains('"')                     ? "'"
                     : text.find_first_of(" \t") != text.npos ? "\""
                                                              : "";
  return concat(mark, text, mark);
}

std::string shown(const Options& o, const jail::Param& param, const Value& value) {
  if (param.type == Type::boolean) return value.flag ? "true" : "false";
  const std::string text = join(value.items, ",");
  if (text.empty()) {
    if (!is_list(param) || o.quote) return "\"\"";
    return o.pairs ? "" : "-";
  }
  return o.quote ? quoted(text) : text;
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
bool settable(const Jail& jail, const jail::Param& param) {
  if (param.when == When::readonly) return false;
  if (param.linux_means == jail::Linux::refused && !jail.settings().has(param.name)) return false;
  if (inherited(jail, param)) return false;
  const auto dot = param.name.rfind('.');
  if (dot == param.name.npos) return true;
  const auto parent = jail::find(param.name.substr(0, dot));
  return !parent || jail::param(*parent).type != Type::jailsys ||
         jail.settings().jailsys(param.name.substr(0, dot)) == jail::Jailsys::fresh;
}

void print_parameters(const Options& o, const std::vector<Column>& columns,
                      const std::vector<warden::Entry>& jails) {
  if (o.header) {
    std::vector<std::string> titles;
    for (const auto& column : columns) titles.push_back(column.title());
    say(join(titles, " "));
  }
  for (const auto& entry : jails) {
    const Jail jail(entry);
    std::vector<std::string> cells;
    for (const auto& column : columns) {
      if (o.settable && !settable(jail, *column.param)) continue;
      const Value value = value_of(jail, *column.param, column.key);
      if (!o.pairs)
        cells.push_back(shown(o, *column.param, value));
      else if (column.param->type == Type::boolean)
        cells.push_back(jail::boolean_spelling(column.param->name, value.flag));
      else if (o.settable && !column.key.empty() && value.items[0].empty())
        cells.push_back(column.title());
      else
        cells.push_back(concat(column.title(), "=", shown(o, *column.param, value)));
    }
    say(join(cells, " "));
  }
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
  say(o.name_first ? " JID             IP Address      Hostname                      Path"
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
    say(row.append(" ").append(jail.path, 0, kPath));
  }
}

void print_verbose(const std::vector<warden::Entry>& jails) {
  say("   JID  Hostname                      Path");
  say("        Name                          State");
  say("        CPUSetID");
  say("        IP Address(es)");
  const std::string indent(kJid + 2, ' ');
  std::string row;
  for (const auto& jail : jails) {
    row.clear();
    add_number(row, jail.jid, kJid);
    add_field(row.append("  "), jail.hostname, kHostname);
    say(row.append(" ").append(jail.path, 0, kPath));
    add_field(row.assign(indent), jail.name, kHostname);
    say(row.append(" ").append(state(jail)));
    say(concat(indent, jail.jid));
    for (const auto* list : {&jail.ip4, &jail.ip6})
      for (const auto& address : addresses(*list)) say(concat(indent, address));
  }
}

// --- for programs ---

using nlohmann::ordered_json;

ordered_json json_of(const Jail& jail, const Column& column) {
  const Value value = value_of(jail, *column.param, column.key);
  if (column.param->type == Type::boolean) return value.flag;
  if (is_list(*column.param)) return value.items;
  if (column.param->type == Type::integer)
    if (auto n = number<int64_t>(value.items[0])) return *n;
  return value.items[0];
}

ordered_json json_of(const Options& o, const warden::Entry& jail) {
  if (o.verbose)
    return {{"jid", jail.jid},
            {"hostname", jail.hostname},
            {"path", jail.path},
            {"name", jail.name},
            {"state", state(jail)},
            {"cpusetid", jail.jid},
            {"ipv4-addrs", addresses(jail.ip4)},
            {"ipv6-addrs", addresses(jail.ip6)}};
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
    const Jail jail(entry);
    ordered_json out;
    for (const auto& column : columns) out[column.title()] = json_of(jail, column);
    list.push_back(std::move(out));
  }
  (o.form == Options::Form::json ? print_json : print_xml)(list, o.pretty);
}

// All displays of whole jails have the host name.
bool shows_what_changes(const std::vector<Column>& columns) {
  return columns.empty() || std::ranges::any_of(columns, [](const Column& column) {
           const auto* known = at_hand(*column.param);
           return known && known->changes;
         });
}

int run(const Options& o) {
  auto chosen = columns(o);
  if (!chosen) {
    complain("jls", chosen.error());
    return 1;
  }
  const auto authority = warden::authority(sys::real_kernel());
  std::vector<warden::Entry> jails;
  if (o.jail) {
    auto jail = authority->look_up(*o.jail, o.dying);
    if (!jail && !o.check) complain("jls", concat("jail \"", *o.jail, "\" not found"));
    if (!jail || o.check) return jail ? 0 : 1;
    jails.push_back(std::move(*jail));
  } else {
    auto all = authority->listing(o.dying);
    if (!all) {
      complain("jls", all.error());
      return 1;
    }
    jails = std::move(*all);
  }
  if (sys::is_root() && shows_what_changes(*chosen)) authority->read_names(jails);
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
