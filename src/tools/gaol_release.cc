// SPDX-License-Identifier: BSD-2-Clause

// gaol release: the base trees that jails are made from.

#include <cerrno>
#include <filesystem>

#include "base/suggest.h"
#include "dataset/dataset.h"
#include "dataset/import.h"
#include "dataset/release.h"
#include "dataset/update.h"
#include "tools/gaol.h"
#include "warden/warden.h"

namespace gaol::tools {

namespace {

Result<int> release_import(const Words& words) {
  if (!words.has('n')) return fail("--name NAME is missing");
  dataset::Import what;
  what.path = TRY(dataset::release_path(releases(words), words.text('n')));
  what.file = words.operands[0];
  what.platform = words.text('P');
  what.image = words.text('I');
  what.mebibytes = TRY(limit(words));
  TRY(dataset::import(what, show_progress));
  return 0;
}

std::string last_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

Result<int> release_fetch(const Words& words) {
  dataset::Fetch what;
  what.root = releases(words);
  what.suite = words.operands[0];
  what.name = words.text('n', what.suite);
  const auto include = words.text('i');
  if (!include.empty())
    for (const auto package : split(include, ',')) what.include.emplace_back(package);
  TRY(dataset::fetch(what, show_progress));
  return 0;
}

Result<int> release_builtin(const Words& words) {
  TRY(dataset::builtin(releases(words), words.operands[0]));
  return 0;
}

Result<int> release_list(const Words& words) {
  const auto all = TRY(dataset::list(releases(words)));
  Json json = Json::array();
  size_t width = 4;
  for (const auto& release : all) {
    width = std::max(width, last_name(release.path).size());
    json.push_back({{"name", last_name(release.path)},
                    {"path", release.path},
                    {"from", release.from},
                    {"clones", release.clones}});
  }
  if (words.has('j')) return print_json(json), 0;
  const auto row = [&](std::string name, std::string_view clones, std::string_view from) {
    name.resize(width, ' ');
    print(concat(name, "  ", std::string(6 - std::min<size_t>(6, clones.size()), ' '), clones, "  ",
                 from, "\n"));
  };
  row("NAME", "CLONES", "FROM");
  for (const auto& release : all)
    row(last_name(release.path), concat(release.clones.size()), release.from);
  return 0;
}

Result<int> release_destroy(const Words& words) {
  const auto path = TRY(existing_release(words, words.operands[0]));
  const auto release = TRY(dataset::inspect(path));
  TRY(check_unused(release.path));
  TRY(dataset::destroy(release.path));
  return 0;
}

// Refuses to change a tree under the overlays and basejails that run.
Result<> check_nothing_on(const std::string& tree) {
  for (const auto& jail : warden::Warden(sys::real_kernel()).list()) {
    const auto ground = TRY(dataset::ground_of(jail.settings.text("path")));
    if (ground == tree)
      return fail(Error{EBUSY, concat(tree, ": jail \"", jail.name, "\" runs on it"),
                        concat("jail -r ", jail.name)});
  }
  return {};
}

// The commands of the same installation.
Result<dataset::Tools> tools_beside() {
  const auto self = TRY(sys::real_kernel().read_symlink("/proc/self/exe"));
  const auto folder = self.substr(0, self.rfind('/') + 1);
  return dataset::Tools{concat(folder, "jail"), concat(folder, "jexec")};
}

Result<int> release_update(const Words& words) {
  const auto path = TRY(existing_release(words, words.operands[0]));
  const auto release = TRY(dataset::inspect(path));
  TRY(check_unused(release.path));
  TRY(check_nothing_on(release.path));
  const auto tools = TRY(tools_beside());
  TRY(dataset::update(release.path, tools, show_progress));
  return 0;
}

// The release that is meant when none is named: there is only one.
Result<std::string> only_release(const Words& words) {
  const auto all = TRY(dataset::list(releases(words)));
  if (all.size() == 1) return all.front().path;
  std::vector<std::string> names;
  for (const auto& release : all) names.push_back(last_name(release.path));
  if (names.empty()) return fail(Error{ENOENT, "there is no release", "gaol release fetch"});
  return fail(Error{0, concat("there are several releases: ", join(names, ", ")), "see --release"});
}

// As `make world DESTDIR=...` did: a whole system of one's own in a directory, which may be there
// already if nothing is in it.
Result<int> world(const Words& words) {
  constexpr std::string_view kVariable = "DESTDIR=";
  const auto& word = words.operands[0];
  if (!word.starts_with(kVariable)) return fail(word, ": not DESTDIR=DIRECTORY");
  const auto path = word.substr(kVariable.size());
  const auto release =
      words.has('r') ? existing_release(words, words.text('r')) : only_release(words);
  if (!release) return fail(Error(release.error()));
  auto removed = sys::real_kernel().remove_dir(path);
  if (!removed && removed.error().code != ENOENT) return fail(std::move(removed).error());
  const auto copied = TRY(dataset::copy(*release, path));
  for (const auto& note : copied.notes) tell(note);
  return 0;
}

constexpr Subcommand kReleaseCommands[] = {
    {"release builtin", "NAME", "R", 1, 1, release_builtin},
    {"release destroy", "NAME", "R", 1, 1, release_destroy},
    {"release fetch", "SUITE [--name NAME] [--include PACKAGE,...]", "niR", 1, 1, release_fetch},
    {"release import", "--name NAME FILE [--platform OS/ARCH] [--image IMAGE] [--limit MIB]",
     "nlPIR", 1, 1, release_import},
    {"release list", "[--json]", "jR", 0, 0, release_list},
    {"release update", "NAME", "R", 1, 1, release_update},
    {"world", "DESTDIR=DIRECTORY [--release RELEASE]", "rR", 1, 1, world},
};

}  // namespace

std::span<const Subcommand> release_commands() { return kReleaseCommands; }

Result<uint64_t> limit(const Words& words) {
  if (!words.has('l')) return dataset::kImportMebibytes;
  const auto text = words.text('l');
  const auto value = number<uint64_t>(text);
  if (!value || *value == 0) return fail("--limit ", text, ": not a number of MiB");
  return *value;
}

std::string releases(const Words& words) { return words.text('R', dataset::kReleaseRoot); }

Result<std::string> existing_release(const Words& words, const std::string& name) {
  auto path = TRY(dataset::release_path(releases(words), name));
  if (sys::real_kernel().exists(path.c_str())) return path;
  const auto all = TRY(dataset::list(releases(words)));
  std::vector<std::string> names;
  for (const auto& release : all) names.push_back(last_name(release.path));
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return fail(Error{ENOENT, concat("no release \"", name, "\"", did_you_mean(name, candidates)),
                    "`gaol release fetch` makes one, `gaol release list` shows them"});
}

Result<> check_unused(const std::string& tree) {
  for (const auto& jail : warden::Warden(sys::real_kernel()).list()) {
    std::error_code gone;
    const auto root = std::filesystem::canonical(jail.settings.text("path"), gone).string();
    if (root == tree || root.starts_with(tree + "/"))
      return fail(Error{EBUSY, concat(tree, ": jail \"", jail.name, "\" runs in it"),
                        concat("jail -r ", jail.name)});
  }
  return {};
}

}  // namespace gaol::tools
