// SPDX-License-Identifier: BSD-2-Clause

// gaol export and import: a jail as one file. What the file says of jail.conf is a stranger's word:
// it is read as jail(8) would read it, must be of one jail, and is printed anew.

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "archive/names.h"
#include "base/suggest.h"
#include "dataset/dataset.h"
#include "dataset/import.h"
#include "jail/conf.h"
#include "tools/gaol.h"
#include "tools/machine_source.h"

namespace gaol::tools {

namespace {

constexpr const char* kConf = "/etc/jail.conf";
constexpr std::string_view kEnding = ".gaol.tar";

std::string statement(const jail::Setting& setting) {
  const std::string name(jail::param(setting.id).name);
  if (setting.negated) return concat(jail::boolean_spelling(name, false), ";");
  std::string out = setting.key.empty() ? name : concat(name, ".", setting.key);
  const char* separator = " = ";
  for (const auto& value : setting.values) {
    out.append(separator).append(archive::conf_value(value));
    separator = ", ";
  }
  return out.append(";");
}

// What says which jail it is and where, which another machine decides for itself.
bool is_place(const jail::Setting& setting) {
  constexpr std::array<std::string_view, 3> kPlace = {"jid", "name", "path"};
  return std::ranges::find(kPlace, jail::param(setting.id).name) != kPlace.end();
}

std::string statements(const jail::Settings& settings, std::string_view indent) {
  std::string out;
  for (const auto& setting : settings.all())
    if (!is_place(setting)) out.append(indent).append(statement(setting)).append("\n");
  return out;
}

Result<jail::JailConf> jail_of(jail::Conf conf, const std::string& name) {
  for (auto& jail : conf.jails) {
    if (jail.name != name) continue;
    if (!jail.errors.empty()) return fail(Error(jail.errors.front()));
    return std::move(jail);
  }
  std::vector<std::string_view> names;
  for (const auto& jail : conf.jails) names.push_back(jail.name);
  return fail(
      Error{ENOENT, concat("jail \"", name, "\" not found", did_you_mean(name, names)), ""});
}

// Of jail.conf, or of the jail's own file beside it.
Result<jail::JailConf> configured(const Words& words, const std::string& name) {
  const auto own = concat("/etc/jail.conf.d/", name, ".conf");
  const bool has_own = !name.contains('/') && sys::real_kernel().exists(own.c_str());
  const auto path = words.text('f', has_own ? own : kConf);
  auto conf = TRY(jail::load_conf(path, machine_source()));
  return jail_of(std::move(conf), name);
}

// Whether a jail runs in it. Then the tree has to be one that can be held still.
Result<bool> in_use(const std::string& tree) {
  auto unused = check_unused(tree);
  if (unused) return false;
  const auto info = dataset::inspect(tree);
  if (!info || info->kind == dataset::Kind::foreign || !TRY(dataset::instant_snapshots(tree)))
    return fail(std::move(unused).error());
  return true;
}

Result<int> export_jail(const Words& words) {
  const auto& name = words.operands[0];
  const auto jail = TRY(configured(words, name));
  const auto path = jail.settings.text("path");
  if (path.empty()) return fail("jail \"", name, "\" has no path");
  std::error_code gone;
  const bool live = TRY(in_use(std::filesystem::canonical(path, gone).string()));
  const auto file = words.operands.size() > 1 ? words.operands[1] : concat(name, kEnding);
  TRY(dataset::export_tree({.path = path,
                            .name = name,
                            .conf = statements(jail.settings, ""),
                            .file = file,
                            .live = live},
                           show_progress));
  return 0;
}

// The settings that a file came with, read as if they stood in jail.conf, and nothing else with
// them.
Result<jail::Settings> settings_of(const std::string& name, const std::string& body) {
  const jail::Source only_this = {
      .read = [&](const std::string& path) -> Result<std::string> {
        if (path != "-") return fail(path, ": its configuration includes other files");
        return concat(name, " {\n", body, "}\n");
      },
      .glob = [](const std::string& pattern) { return std::vector{pattern}; }};
  auto conf = TRY(jail::load_conf("-", only_this));
  if (conf.jails.size() != 1) return fail("its configuration is not that of one jail");
  return TRY(jail_of(std::move(conf), name)).settings;
}

// Those of the settings that do something on the host, or show it something.
std::vector<std::string> for_the_host(const jail::Settings& settings) {
  constexpr std::string_view kNames[] = {"exec.consolelog", "exec.created", "exec.poststart",
                                         "exec.poststop",   "exec.prepare", "exec.prestart",
                                         "exec.prestop",    "exec.release", "interface",
                                         "mount",           "mount.fstab",  "vnet.interface"};
  std::vector<std::string> out;
  for (const auto name : kNames)
    if (settings.has(name)) out.emplace_back(name);
  return out;
}

// For a file that says nothing of a jail.
constexpr const char* kUsual =
    "exec.start = \"/bin/sh /etc/rc\";\nexec.stop = \"/bin/sh /etc/rc.shutdown\";\n"
    "exec.clean;\nmount.devfs;\npersist;\n";

// iocage puts the date behind it.
std::string name_from(const std::string& file) {
  const auto name = file.substr(file.rfind('/') + 1);
  return name.substr(0, name.ends_with(".zip") ? name.rfind('_') : name.find('.'));
}

Result<int> import_jail(const Words& words) {
  const auto& file = words.operands[0];
  const auto name = words.operands.size() > 1 ? words.operands[1] : name_from(file);
  TRY(check_name(name));
  dataset::Import what;
  what.path = words.text('p', concat(kJailRoot, "/", name));
  what.file = file;
  what.platform = words.text('P');
  what.image = words.text('I');
  what.mebibytes = TRY(limit(words));
  const auto body = TRY(dataset::import(what, show_progress));
  auto settings = settings_of(name, body.empty() ? kUsual : body);
  if (!settings) {  // the reason would quote it
    tell("what the file says of jail.conf is not of one jail alone, and is left out");
    settings = settings_of(name, kUsual);
  }
  const auto acts = for_the_host(*settings);
  if (!acts.empty()) tell(concat("look at these before the jail starts: ", join(acts, ", ")));
  print(concat(name, " {\n  path = ", archive::conf_value(what.path), ";\n",
               statements(*settings, "  "), "}\n"));
  return 0;
}

constexpr Subcommand kExportCommands[] = {
    {"export", "NAME [FILE] [--conf FILE]", "f", 1, 2, export_jail},
    {"import", "FILE [NAME] [--path PATH] [--platform OS/ARCH] [--image IMAGE] [--limit MIB]",
     "pPIl", 1, 2, import_jail},
};

}  // namespace

std::span<const Subcommand> export_commands() { return kExportCommands; }

}  // namespace gaol::tools
