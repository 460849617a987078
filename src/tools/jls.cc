// SPDX-License-Identifier: BSD-2-Clause

// jls(8): list jails. Four displays (standard, verbose, parameters, JSON) over one list of
// running jails.
// Source: jls(8), FreeBSD 15; layouts to the column.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "jail/address.h"
#include "jail/conf.h"
#include "tools/print.h"
#include "warden/warden.h"

namespace {

using namespace gaol;
using jail::Type;
using jail::When;
using tools::complain;
using tools::say;

constexpr const char* kUsage =
    "usage: jls [--libxo json[,pretty]] [-dhNnqsv] [-j jail] [param ...]\n"
    "       jls -c [-d] -j jail\n";

[[noreturn]] void usage() {
  std::fputs(kUsage, stderr);
  std::exit(1);
}

struct Options {
  bool check = false, header = false, name_first = false, pairs = false, quote = false,
       settable = false, verbose = false;
  bool json = false, pretty = false;
  std::optional<std::string> jail;
  std::vector<std::string> parameters;
};

void take_libxo_word(std::string_view word, Options& o) {
  if (word == "json" || word == "J")
    o.json = true;
  else if (word == "pretty" || word == "P")
    o.pretty = true;
  else
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
      case 'a':
      case 'd': break;  // dying jails: here a jail is gone as soon as it is removed
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

std::vector<std::string> plain_addresses(const warden::Record& jail, std::string_view parameter) {
  const int family = parameter.starts_with("ip4") ? AF_INET : AF_INET6;
  std::vector<std::string> out;
  for (const auto& element : jail.settings.list(parameter))
    if (auto spec = jail::parse_alias(element, family))
      out.push_back(jail::address_text(spec->address));
  return out;
}

// What the registry cannot know because it is the jail's own doing.
std::optional<std::string> computed(const warden::Record& jail, std::string_view name) {
  if (name == "jid" || name == "cpuset.id") return concat(jail.jid);
  if (name == "name") return jail.name;
  return {};
}

Value value_of(const warden::Record& jail, const jail::Param& param, std::string_view key = {}) {
  if (auto own = computed(jail, param.name)) return {{*own}};
  switch (param.type) {
    case Type::boolean: return {{}, jail.settings.on(param.name)};
    case Type::jailsys:
      return {{std::string(jail::jailsys_word(jail.settings.jailsys(param.name)))}};
    case Type::ip4_list:
    case Type::ip6_list: return {plain_addresses(jail, param.name)};
    case Type::list: return {jail.settings.list(param.name)};
    case Type::keyvalue: {
      const std::string buffer = jail.settings.buffer(param.name, "");
      if (key.empty()) return {{buffer}};
      for (auto line : split(buffer, '\n'))
        if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
          return {{std::string(line.substr(key.size() + 1))}};
      return {{""}};
    }
    default: return {{jail.settings.text(param.name)}};
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
// Linux refuses and nobody gave would be refused again.
bool settable(const warden::Record& jail, const jail::Param& param) {
  if (param.when == When::readonly) return false;
  if (param.linux_means == jail::Linux::refused && !jail.settings.has(param.name)) return false;
  const auto dot = param.name.rfind('.');
  if (dot == param.name.npos) return true;
  const auto parent = jail::find(param.name.substr(0, dot));
  return !parent || jail::param(*parent).type != Type::jailsys ||
         jail.settings.jailsys(param.name.substr(0, dot)) == jail::Jailsys::fresh;
}

void print_parameters(const Options& o, const std::vector<Column>& columns,
                      const std::vector<warden::Record>& jails) {
  if (o.header) {
    std::vector<std::string> titles;
    for (const auto& column : columns) titles.push_back(column.title());
    say(join(titles, " "));
  }
  for (const auto& jail : jails) {
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

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}
std::string cut(std::string text, size_t width) {
  text.resize(std::min(text.size(), width));
  return text;
}
std::string field(std::string text, size_t width) {
  return padded(cut(std::move(text), width), width);
}
std::string right(const std::string& text, size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

struct Basics {
  std::string hostname, path, name;
  std::vector<std::string> ip4, ip6;
};

Basics basics(const warden::Record& jail) {
  return {jail.settings.text("host.hostname"), jail.settings.text("path"), jail.name,
          plain_addresses(jail, "ip4.addr"), plain_addresses(jail, "ip6.addr")};
}

void print_standard(const Options& o, const std::vector<warden::Record>& jails) {
  say(o.name_first ? " JID             IP Address      Hostname                      Path"
                   : "   JID  IP Address      Hostname                      Path");
  for (const auto& jail : jails) {
    const Basics b = basics(jail);
    const std::string first = o.name_first ? concat(" ", padded(b.name, 15), " ")
                                           : concat(right(concat(jail.jid), 6), "  ");
    say(concat(first, field(b.ip4.empty() ? "" : b.ip4[0], 15), " ", field(b.hostname, 29), " ",
               cut(b.path, 74)));
  }
}

void print_verbose(const std::vector<warden::Record>& jails) {
  say("   JID  Hostname                      Path");
  say("        Name                          State");
  say("        CPUSetID");
  say("        IP Address(es)");
  const std::string indent(8, ' ');
  for (const auto& jail : jails) {
    const Basics b = basics(jail);
    say(concat(right(concat(jail.jid), 6), "  ", field(b.hostname, 29), " ", cut(b.path, 74)));
    say(concat(indent, field(b.name, 29), " ACTIVE"));
    say(concat(indent, jail.jid));
    for (const auto* list : {&b.ip4, &b.ip6})
      for (const auto& address : *list) say(concat(indent, address));
  }
}

// --- JSON ---

using nlohmann::ordered_json;

ordered_json json_of(const warden::Record& jail, const Column& column) {
  const Value value = value_of(jail, *column.param, column.key);
  if (column.param->type == Type::boolean) return value.flag;
  if (is_list(*column.param)) return value.items;
  if (column.param->type == Type::integer)
    if (auto n = number<int64_t>(value.items[0])) return *n;
  return value.items[0];
}

ordered_json json_of(const Options& o, const warden::Record& jail) {
  const Basics b = basics(jail);
  if (o.verbose)
    return {{"jid", jail.jid},     {"hostname", b.hostname}, {"path", b.path},
            {"name", b.name},      {"state", "ACTIVE"},      {"cpusetid", jail.jid},
            {"ipv4-addrs", b.ip4}, {"ipv6-addrs", b.ip6}};
  ordered_json out;
  if (o.name_first)
    out["name"] = b.name;
  else
    out["jid"] = jail.jid;
  out["ipv4"] = b.ip4.empty() ? "" : b.ip4[0];
  out["hostname"] = b.hostname;
  out["path"] = b.path;
  return out;
}

void print_json(const Options& o, const std::vector<Column>& columns,
                const std::vector<warden::Record>& jails) {
  ordered_json list = ordered_json::array();
  for (const auto& jail : jails) {
    if (columns.empty()) {
      list.push_back(json_of(o, jail));
      continue;
    }
    ordered_json entry;
    for (const auto& column : columns) entry[column.title()] = json_of(jail, column);
    list.push_back(std::move(entry));
  }
  const ordered_json root = {{"__version", "2"}, {"jail-information", {{"jail", list}}}};
  say(root.dump(o.pretty ? 2 : -1, ' ', false, ordered_json::error_handler_t::replace));
}

int run(const Options& o) {
  auto chosen = columns(o);
  if (!chosen) {
    complain("jls", chosen.error());
    return 1;
  }
  warden::Warden warden(sys::real_kernel());
  std::vector<warden::Record> jails;
  if (o.jail) {
    auto jail = warden.find(*o.jail);
    if (!jail && !o.check) complain("jls", concat("jail \"", *o.jail, "\" not found"));
    if (!jail || o.check) return jail ? 0 : 1;
    jails.push_back(std::move(*jail));
  } else {
    jails = warden.list();
  }
  if (o.json)
    print_json(o, *chosen, jails);
  else if (!chosen->empty())
    print_parameters(o, *chosen, jails);
  else if (o.verbose)
    print_verbose(jails);
  else
    print_standard(o, jails);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  if (::geteuid() != 0) {
    complain("jls", "only root may list jails (run it with sudo)");
    return 1;
  }
  return run(options);
}
