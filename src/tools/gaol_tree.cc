// SPDX-License-Identifier: BSD-2-Clause

// gaol create, destroy and their kin: the trees of jails, and the file in /etc/jail.conf.d that a
// person would have written for each. A jail is named as jail.conf names it; its tree is then
// below /usr/jails. Trees kept elsewhere are named by --path, and their configuration is printed
// instead, for whatever file it belongs to.

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>

#include "dataset/dataset.h"
#include "dataset/release.h"
#include "dataset/retention.h"
#include "dataset/state.h"
#include "jail/conf.h"
#include "sys/kernel.h"
#include "sys/program.h"
#include "tools/gaol_tree.h"

namespace gaol::tools {

namespace {

constexpr int64_t kTrashDays = 7;
constexpr int64_t kDay = 86400;

int64_t now() { return static_cast<int64_t>(::time(nullptr)); }

std::string when(int64_t second) {
  const time_t time = second;
  tm parts{};
  ::localtime_r(&time, &parts);
  char text[24];
  return {text, ::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)};
}

// --- names ---

Result<Target> target_named(std::string name) {
  TRY(check_name(name));
  const auto path = concat(kJailRoot, "/", name);
  return Target{std::move(name), path, {}, true};
}

// The jail of NAME@LABEL; without a label only where there is a default for it.
Result<Target> snapshot_of(const Words& words) {
  Words plain = words;
  auto& word = plain.operands.at(0);
  const auto at = word.find('@');
  const auto label = at == word.npos ? std::string() : word.substr(at + 1);
  if (at != word.npos && label.empty()) return fail(word, ": the label behind the @ is missing");
  word.resize(std::min(at, word.size()));
  auto target = TRY(target_of(plain));
  target.label = label;
  return target;
}

// --- jail.conf files ---

struct Line {
  std::string name, value;
  bool flag = false;
  bool mount = false;  // one of several, with variables in it
};

std::vector<Line> usual_lines(const Target& jail) {
  return {{"path", jail.path},
          {"host.hostname", jail.name},
          {"exec.start", "/bin/sh /etc/rc"},
          {"exec.stop", "/bin/sh /etc/rc.shutdown"},
          {"exec.clean", {}, true},
          {"mount.devfs", {}, true},
          {"persist", {}, true}};
}

// What a word of the command line says takes the place of what is usual.
void take_words(std::vector<Line>& lines, std::span<const std::string> words) {
  for (const auto& word : words) {
    const auto equals = word.find('=');
    const Line line{word.substr(0, equals), equals == word.npos ? "" : word.substr(equals + 1),
                    equals == word.npos};
    const auto usual = std::ranges::find(lines, line.name, &Line::name);
    if (usual == lines.end())
      lines.push_back(line);
    else
      *usual = line;
  }
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string conf_block(const std::string& name, const std::vector<Line>& lines) {
  std::string out = concat(name, " {\n");
  for (const auto& line : lines) {
    out.append("  ").append(line.name);
    if (line.mount)
      out.append(" += \"").append(line.value).append("\"");
    else if (!line.flag)
      out.append(" = ").append(in_quotes(line.value));
    out.append(";\n");
  }
  return out + "}\n";
}

// Before anything is made: the faults that jail(8) would find in it.
Result<> check_block(const std::string& text) {
  const jail::Source source{[&](const std::string&) { return Result<std::string>(text); },
                            [](const std::string& pattern) { return std::vector{pattern}; }};
  auto conf = jail::load_conf("jail.conf", source);
  if (!conf) return fail(std::move(conf).error());
  for (const auto& jail : conf->jails)
    if (!jail.errors.empty()) return fail(Error(jail.errors.front()));
  return {};
}

std::optional<std::string> conf_text(const Target& jail) {
  if (!jail.ours) return {};
  auto text = sys::real_kernel().read_file(jail.conf_file());
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

Result<> check_no_conf(const Target& jail) {
  if (sys::real_kernel().exists(jail.conf_file().c_str()))
    return fail_errno(EEXIST, jail.conf_file());
  return {};
}

// The file that comes with a jail, if it is in the usual place.
dataset::Companion conf_of(const Target& jail, std::string text) {
  if (!jail.ours) return {};
  return {{}, jail.conf_file(), std::move(text)};
}

void say_written(const dataset::Companion& file) {
  if (!file.to.empty()) say(concat(file.to, ": written"));
}

// Every place where the text says what `from` is called, and where it is.
std::string renamed(std::string text, const Target& from, const Target& to) {
  const auto replace_all = [&](const std::string& was, const std::string& is) {
    for (size_t at = 0; (at = text.find(was, at)) != text.npos; at += is.size())
      text.replace(at, was.size(), is);
  };
  if (text.starts_with(from.name + " {")) text.replace(0, from.name.size(), to.name);
  replace_all(concat("\n", from.name, " {"), concat("\n", to.name, " {"));
  replace_all(in_quotes(from.path), in_quotes(to.path));
  replace_all(concat("host.hostname = ", in_quotes(from.name)),
              concat("host.hostname = ", in_quotes(to.name)));
  return text;
}

// The file of one jail, made one for another.
dataset::Companion renamed_conf(const Target& from, const Target& to) {
  const auto text = conf_text(from);
  if (!text) return {};
  return conf_of(to, renamed(*text, from, to));
}

// --- making ---

Result<> warn_of_others(const Target& jail) {
  const auto store = jail.path.substr(0, jail.path.rfind('/'));
  if (TRY(sys::open_to_others(store)))
    tell(concat(store,
                ": other users may enter it, and set-id files of jails work for them"
                " (chmod 700 ",
                store, ")"));
  return {};
}

// What a basejail has from its release, as far as the release has it: all that packages bring, with
// their list, so that an update of the release is one of every basejail. What is a link there is
// one here.
constexpr std::string_view kSystemDirectories[] = {
    "bin",      "boot",      "lib",       "lib32",       "lib64",       "libexec",
    "libx32",   "rescue",    "sbin",      "usr/bin",     "usr/games",   "usr/include",
    "usr/lib",  "usr/lib32", "usr/lib64", "usr/libdata", "usr/libexec", "usr/libx32",
    "usr/sbin", "usr/share", "usr/src",   "var/lib/dpkg"};

Result<std::vector<std::string>> system_directories(const std::string& release) {
  std::vector<std::string> found;
  for (const auto directory : kSystemDirectories) {
    const auto at = TRY(sys::entry_at(concat(release, "/", directory)));
    if (at == sys::Entry::directory) found.emplace_back(directory);
  }
  return found;
}

// Nullfs lines, by jail.conf's own words for where the jail is: they need no change when that does.
std::vector<Line> mount_lines(const std::string& release,
                              const std::vector<std::string>& directories) {
  std::vector<Line> lines = {{"$release", release}};
  for (const auto& directory : directories)
    lines.push_back({"mount",
                     concat("${release}/", directory, " ${path}/", directory, " nullfs ro 0 0"),
                     false, true});
  return lines;
}

// The tree that the words ask for.
struct Making {
  std::string base;                  // empty: nothing
  std::vector<std::string> mounted;  // a basejail's
};

Result<Making> making_of(const Words& words) {
  if (words.has('r') + words.has('t') + words.has('e') != 1)
    return fail("-r RELEASE, -t TEMPLATE or --empty: one of them");
  if (words.has('c') + words.has('T') + words.has('B') > 1)
    return fail("--thin, --thick and --basejail exclude each other");
  if (words.has('e') && words.has('B')) return fail("--basejail stands on a release");
  Making making;
  if (words.has('e')) return making;
  making.base = TRY(existing_release(words, words.text('r', words.text('t'))));
  if (words.has('B')) making.mounted = TRY(system_directories(making.base));
  return making;
}

Result<> make_tree(const Words& words, const Making& making, const Target& jail,
                   const dataset::Companion& file) {
  if (making.base.empty()) {
    const auto nothing = [](const std::string&) { return Result<>(); };
    return dataset::build(jail.path, "nothing", nothing, file);
  }
  if (!words.has('T') && !words.has('B')) return dataset::clone(making.base, jail.path, file);
  const auto copied =
      TRY(words.has('B') ? dataset::copy_around(making.base, making.mounted, jail.path, file)
                         : dataset::copy(making.base, jail.path, file));
  for (const auto& note : copied.notes) tell(note);
  return {};
}

Result<int> create(const Words& words) {
  const auto jail = TRY(target_of({words.options, {words.operands[0]}}));
  const auto making = TRY(making_of(words));
  auto lines = usual_lines(jail);
  take_words(lines, std::span(words.operands).subspan(1));
  if (words.has('B'))
    std::ranges::move(mount_lines(making.base, making.mounted), std::back_inserter(lines));
  const auto text = conf_block(jail.name, lines);
  TRY(check_block(text));
  if (jail.ours) TRY(check_no_conf(jail));
  const auto file = conf_of(jail, text);
  TRY(make_tree(words, making, jail, file));
  TRY(warn_of_others(jail));
  say_written(file);
  if (!jail.ours) print(text);
  return 0;
}

// A snapshot that takes its time is not of one moment.
Result<> check_still(const Target& jail) {
  const auto tree = TRY(tree_of(jail));
  if (TRY(dataset::instant_snapshots(tree.path))) return {};
  return check_unused(tree.path);
}

Result<int> clone(const Words& words) {
  const auto from = TRY(target_named(words.operands[0]));
  const auto to = TRY(target_named(words.operands[1]));
  TRY(check_no_conf(to));
  TRY(check_still(from));
  const auto file = renamed_conf(from, to);
  TRY(dataset::clone(from.path, to.path, file));
  TRY(warn_of_others(to));
  say_written(file);
  if (!file.to.empty())
    tell(concat(file.to, ": what belongs to ", from.name, " alone (addresses) is to be changed"));
  return 0;
}

Result<int> rename(const Words& words) {
  const auto from = TRY(target_named(words.operands[0]));
  const auto to = TRY(target_named(words.operands[1]));
  TRY(check_no_conf(to));
  const auto tree = TRY(tree_of(from));
  TRY(check_unused(tree.path));
  auto file = renamed_conf(from, to);
  if (!file.to.empty()) file.from = from.conf_file();
  TRY(dataset::rename(from.path, to.path, file));
  say_written(file);
  return 0;
}

// --- destroying ---

std::string kind_phrase(const dataset::Info& tree) {
  switch (tree.kind) {
    case dataset::Kind::thin: return concat("a thin clone of ", tree.from);
    case dataset::Kind::thick: return concat("a thick tree (", tree.from, ")");
    case dataset::Kind::based: return concat("a basejail of ", tree.from);
    case dataset::Kind::foreign: return "not made by gaol";
  }
  return {};
}

std::string join_labels(const std::vector<dataset::Snapshot>& snapshots) {
  std::vector<std::string> labels;
  for (const auto& snapshot : snapshots) labels.push_back(snapshot.label);
  return join(labels, ", ");
}

Result<> print_plan(const Words& words, const Target& jail, const dataset::Info& tree) {
  say(concat("destroy ", tree.path, ": ", kind_phrase(tree)));
  const auto snapshots = TRY(dataset::snapshots(tree.path));
  if (!snapshots.empty()) say(concat("  with its snapshots: ", join_labels(snapshots)));
  if (conf_text(jail)) say(concat("  with ", jail.conf_file()));
  if (!words.has('N')) say(concat("  kept in the trash for ", kTrashDays, " days: gaol trash"));
  return {};
}

// --yes, or the name typed at a terminal.
bool confirmed(const Words& words, const Target& jail) {
  if (words.has('y')) return true;
  if (!::isatty(STDIN_FILENO)) {
    say("nothing is destroyed without --yes");
    return false;
  }
  print(concat("Type its name to destroy it: "));
  std::fflush(stdout);
  char line[256] = {};
  if (std::fgets(line, sizeof line, stdin) && trim(line) == jail.name) return true;
  say("nothing is destroyed");
  return false;
}

// The file that goes with a jail.
std::string file_of(const Target& jail) { return jail.ours ? jail.conf_file() : std::string(); }

std::string store_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

Result<> empty_trash(const std::string& store, int64_t before) {
  const auto gone = TRY(dataset::empty_trash(store, before));
  for (const auto& name : gone) say(concat(name, ": gone from the trash"));
  return {};
}

Result<int> destroy(const Words& words) {
  const auto jail = TRY(target_of(words));
  const auto tree = TRY(tree_of(jail));
  TRY(dataset::check_destroy(tree));
  TRY(check_unused(tree.path));
  TRY(print_plan(words, jail, tree));
  if (!confirmed(words, jail)) return 0;
  if (words.has('N'))
    TRY(dataset::destroy(tree.path, file_of(jail)));
  else
    TRY(dataset::throw_away(jail.path, file_of(jail)));
  TRY(empty_trash(store_of(tree.path), now() - kTrashDays * kDay));
  return 0;
}

Result<int> trash_list(const Words& words) {
  const auto all = TRY(dataset::rubbish(store_of(words)));
  Json json = Json::array();
  for (const auto& tree : all)
    json.push_back({{"name", tree.name},
                    {"path", tree.path},
                    {"destroyed", tree.thrown},
                    {"expires", tree.thrown + kTrashDays * kDay}});
  if (words.has('j')) return print_json(json), 0;
  for (const auto& tree : all)
    say(concat(tree.name, ": destroyed ", when(tree.thrown), ", kept until ",
               when(tree.thrown + kTrashDays * kDay)));
  return 0;
}

Result<int> trash_restore(const Words& words) {
  const auto& name = words.operands[0];
  const auto store = store_of(words);
  const auto all = TRY(dataset::rubbish(store));
  const auto newest = std::ranges::find(all.rbegin(), all.rend(), name, &dataset::Rubbish::name);
  if (newest == all.rend()) return fail_errno(ENOENT, name, " in the trash");
  auto to = TRY(target_named(words.operands.back()));
  if (words.has('p')) to = Target{to.name, concat(store, "/", to.name), {}, false};
  if (to.ours) TRY(check_no_conf(to));
  dataset::Companion file;
  if (const auto text = sys::real_kernel().read_file(newest->file)) {
    const Target was{name, concat(store, "/", name), {}, true};
    file = conf_of(to, renamed(*text, was, to));
  }
  file.from = newest->file;
  TRY(dataset::recover(*newest, to.path, file));
  say_written(file);
  return 0;
}

Result<int> trash_empty(const Words& words) {
  TRY(empty_trash(store_of(words), words.has('a') ? INT64_MAX : now() - kTrashDays * kDay));
  return 0;
}

// --- snapshots ---

Result<> check_label(const Target& jail) {
  if (!jail.label.empty()) return {};
  return fail(Error{0, concat(jail.name, ": which snapshot? NAME@LABEL"),
                    concat("gaol snapshots ", jail.name)});
}

Result<int> snapshot(const Words& words) {
  auto jail = TRY(snapshot_of(words));
  if (jail.label.empty()) jail.label = dataset::label_of_time(now());
  TRY(check_still(jail));
  TRY(dataset::snapshot(jail.path, jail.label));
  say(concat(jail.name, "@", jail.label));
  return 0;
}

Result<int> rollback(const Words& words) {
  const auto jail = TRY(snapshot_of(words));
  TRY(check_label(jail));
  const auto tree = TRY(tree_of(jail));
  TRY(check_unused(tree.path));
  auto done = dataset::rollback(jail.path, jail.label,
                                words.has('w') ? dataset::Newer::destroy : dataset::Newer::keep);
  if (!done && done.error().text.contains("newer snapshots"))
    return fail(std::move(done).error().advise("--newer destroys them"));
  if (!done) return fail(std::move(done).error());
  return 0;
}

Result<int> snapshot_destroy(const Words& words) {
  const auto jail = TRY(snapshot_of(words));
  TRY(check_label(jail));
  TRY(dataset::destroy_snapshot(jail.path, jail.label));
  return 0;
}

Result<int> snapshots(const Words& words) {
  const auto jail = TRY(target_of(words));
  const auto all = TRY(dataset::snapshots(jail.path));
  Json json = Json::array();
  for (const auto& snapshot : all)
    json.push_back({{"jail", jail.name}, {"label", snapshot.label}, {"taken", snapshot.taken}});
  if (words.has('j')) return print_json(json), 0;
  for (const auto& snapshot : all)
    say(concat(when(snapshot.taken), "  ", jail.name, "@", snapshot.label));
  return 0;
}

Result<unsigned> count(const Words& words, int letter) {
  if (!words.has(letter)) return 0;
  const auto value = number<unsigned>(words.text(letter));
  if (!value) return fail("\"", words.text(letter), "\": not a number");
  return *value;
}

Result<> prune_tree(const std::string& path, const dataset::Keep& keep) {
  const auto all = TRY(dataset::snapshots(path));
  for (const auto& label : dataset::expired(all, keep)) {
    TRY(dataset::destroy_snapshot(path, label));
    say(concat(path.substr(path.rfind('/') + 1), "@", label, ": destroyed"));
  }
  return {};
}

// Of all trees it is what the timer asks for: without a policy nothing is to be done, and one tree
// that cannot be pruned does not keep the others from it.
Result<int> prune_all(const std::string& store, const dataset::Keep& keep) {
  int status = 0;
  TRY(empty_trash(store, now() - kTrashDays * kDay));
  if (keep.hourly + keep.daily + keep.weekly == 0) return 0;
  const auto all = TRY(dataset::list(store));
  for (const auto& tree : all) {
    const auto done = prune_tree(tree.path, keep);
    if (done) continue;
    tell(done.error().line());
    status = 1;
  }
  return status;
}

Result<int> prune(const Words& words) {
  const dataset::Keep keep{TRY(count(words, 'H')), TRY(count(words, 'D')), TRY(count(words, 'W'))};
  if (words.operands.empty()) return prune_all(store_of(words), keep);
  const auto jail = TRY(target_of(words));
  if (keep.hourly + keep.daily + keep.weekly == 0)
    return fail("how many are to be kept: --hourly N, --daily N, --weekly N");
  TRY(prune_tree(jail.path, keep));
  return 0;
}

// --- streams ---

bool watched() { return ::isatty(STDERR_FILENO); }

// As long as it is there, whoever looks on at a terminal sees how much has gone through, of how
// much if somebody knows.
class Meter {
 public:
  explicit Meter(std::optional<uint64_t> total) : total_(total) {
    if (watched()) sys::count_streams([this](uint64_t bytes) { show(bytes); });
  }
  Meter(const Meter&) = delete;
  ~Meter() {
    sys::count_streams({});
    if (shown_ > begun_) std::fputs("\r\033[K", stderr);
  }

 private:
  void show(uint64_t bytes) {
    const auto second = now();
    if (second <= shown_) return;
    shown_ = second;
    const auto line =
        concat("\r\033[K", readable(bytes), total_ ? concat(" of ", readable(*total_)) : "", ", ",
               readable(bytes / static_cast<uint64_t>(second - begun_)), " a second");
    std::fputs(line.c_str(), stderr);
  }

  std::optional<uint64_t> total_;
  int64_t begun_ = now(), shown_ = begun_;
};

Result<int> send(const Words& words) {
  const auto jail = TRY(snapshot_of(words));
  TRY(check_label(jail));
  if (::isatty(STDOUT_FILENO)) return fail("a stream is not for terminals: gaol send ... >FILE");
  const auto from = words.text('F'), token = words.text('k');
  if (words.has('k') &&
      (token.empty() || token.find_first_not_of("0123456789abcdef-") != token.npos))
    return fail("\"", token, "\": not a token of a stream that broke");
  Meter meter(watched() && token.empty() ? dataset::stream_size(jail.path, jail.label, from)
                                         : std::nullopt);
  TRY(dataset::send(jail.path, jail.label, from, token));
  return 0;
}

Result<int> receive(const Words& words) {
  constexpr size_t kLongestHeader = 1024;
  const auto jail = TRY(target_of(words));
  if (words.has('A')) {
    TRY(dataset::abandon(jail.path));
    return 0;
  }
  const auto line = TRY(sys::read_line(kLongestHeader));
  const auto stream = TRY(dataset::parse_header(line));
  const bool whole = stream.from.empty();
  if (whole && jail.ours) TRY(check_no_conf(jail));
  if (!whole) TRY(check_unused(jail.path));
  dataset::Companion file;
  if (whole) file = conf_of(jail, conf_block(jail.name, usual_lines(jail)));
  Meter meter({});
  TRY(dataset::receive(jail.path, stream, file));
  say(concat(jail.name, "@", stream.label));
  say_written(file);
  return 0;
}

// --- properties ---

constexpr dataset::Property kProperties[] = {dataset::Property::compression,
                                             dataset::Property::reservation};

Result<dataset::Property> property_named(std::string_view name) {
  std::vector<std::string> names;
  for (const auto property : kProperties) {
    names.emplace_back(dataset::property_word(property));
    if (name == names.back()) return property;
  }
  return fail("property \"", name, "\": unknown; there are ", join(names, ", "));
}

Result<int> get(const Words& words) {
  const auto jail = TRY(target_of({words.options, {words.operands[0]}}));
  const auto property = TRY(property_named(words.operands[1]));
  const auto value = TRY(dataset::property(jail.path, property));
  const auto name = dataset::property_word(property);
  if (words.has('j'))
    print_json({{"jail", jail.name}, {"property", name}, {"value", value}});
  else
    say(value);
  return 0;
}

Result<int> set(const Words& words) {
  const auto jail = TRY(target_of({words.options, {words.operands[0]}}));
  const auto& word = words.operands[1];
  const auto equals = word.find('=');
  if (equals == word.npos) return fail(word, ": not PROPERTY=VALUE");
  const auto property = TRY(property_named(word.substr(0, equals)));
  auto value = word.substr(equals + 1);
  if (property == dataset::Property::reservation) {
    const auto bytes = TRY(size_of(value));
    value = bytes ? concat(bytes) : std::string("none");
  }
  TRY(dataset::set_property(jail.path, property, value));
  return 0;
}

Result<int> promote(const Words& words) {
  const auto jail = TRY(target_of(words));
  const auto tree = TRY(tree_of(jail));
  TRY(dataset::promote(tree.path));
  say(concat(jail.name, ": stands by itself; ", tree.from, " is a clone of it"));
  return 0;
}

// --- differences ---

std::string_view change_word(sys::Change change) {
  switch (change) {
    case sys::Change::added: return "A";
    case sys::Change::changed: return "M";
    case sys::Change::gone: return "D";
  }
  return {};
}

// A name is whatever a tenant likes: what is not plain ASCII is shown in octal, as zfs diff does
// it.
std::string in_octal(std::string_view name) {
  constexpr std::string_view kDigits = "01234567";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f && c != '\\')
      out.push_back(c);
    else
      out.append({'\\', kDigits[byte >> 6], kDigits[byte >> 3 & 7], kDigits[byte & 7]});
  }
  return out;
}

Result<int> diff(const Words& words) {
  auto first = words;
  first.operands.resize(1);
  const auto jail = TRY(snapshot_of(first));
  const auto until = words.operands.size() > 1 ? words.operands[1] : std::string();
  if (!until.empty()) TRY(check_label(jail));
  TRY(check_still(jail));
  const auto all = TRY(dataset::diff(jail.path, jail.label, until));
  Json json = Json::array();
  for (const auto& [change, path] : all) {
    if (words.has('j'))
      json.push_back({{"change", change_word(change)}, {"path", in_octal(path)}});
    else
      say(concat(change_word(change), "\t", in_octal(path)));
  }
  if (words.has('j')) print_json(json);
  return 0;
}

// The release to make a tree thin on: the one that is named, or the one it is a copy of.
Result<std::string> base_of(const Words& words, const dataset::Info& tree) {
  constexpr std::string_view kCopyOf = "copy of ";
  if (words.operands.size() > 1) return existing_release(words, words.operands[1]);
  auto base = tree.from.starts_with(kCopyOf) ? tree.from.substr(kCopyOf.size()) : std::string();
  if (!base.empty() && sys::real_kernel().exists(base.c_str())) return base;
  return fail(Error{0, concat(tree.path, ": a thin clone of which release?"), "gaol release list"});
}

constexpr const char* kWhatItWas = "what it was is in the trash, with its snapshots";

Result<> convert_to_thin(const Words& words, const Target& jail, const dataset::Info& tree) {
  const auto base = TRY(base_of(words, tree));
  const auto before = TRY(dataset::room(tree.path));
  TRY(dataset::make_thin(tree.path, base));
  const auto after = TRY(dataset::room(tree.path));
  say(concat(jail.name, ": a thin clone of ", base, ", with ", readable(after.tree.own),
             " of its own instead of ", readable(before.tree.own), "; ", kWhatItWas));
  return {};
}

Result<int> convert(const Words& words) {
  const auto jail = TRY(target_of({words.options, {words.operands[0]}}));
  if (words.has('T') == words.has('c')) return fail("--thick or --thin: one of them");
  if (words.has('T') && words.operands.size() > 1) return fail("a thick tree needs no release");
  const auto tree = TRY(tree_of(jail));
  TRY(check_unused(tree.path));
  if (words.has('c')) {
    TRY(convert_to_thin(words, jail, tree));
  } else {
    TRY(dataset::thicken(tree.path));
    say(concat(jail.name, ": a thick tree; ", kWhatItWas));
  }
  return 0;
}

// A release made of a jail: what others are created from.
Result<int> make_template(const Words& words) {
  const auto jail = TRY(target_of({words.options, {words.operands[0]}}));
  const auto path = TRY(dataset::release_path(releases(words), words.operands[1]));
  TRY(check_still(jail));
  const auto copied = TRY(dataset::copy(jail.path, path));
  for (const auto& note : copied.notes) tell(note);
  return 0;
}

// --- listing ---

std::string_view kind_word(dataset::Kind kind) {
  switch (kind) {
    case dataset::Kind::thin: return "thin";
    case dataset::Kind::based: return "base";
    default: return "thick";
  }
}

// A tree of which a part has come, or changes of one.
constexpr const char* kPartial = "part";

Result<int> list(const Words& words) {
  const auto all = TRY(dataset::list(store_of(words)));
  const auto partials = TRY(dataset::partials(store_of(words)));
  Json json = Json::array();
  std::vector<Row> rows = {{"NAME", "KIND", "DRIVER", "UID0", "FROM"}};
  for (const auto& tree : all) {
    json.push_back({{"name", name_of(tree)},
                    {"path", tree.path},
                    {"kind", kind_word(tree.kind)},
                    {"driver", tree.driver},
                    {"uid0", tree.owners},
                    {"from", tree.from},
                    {"clones", tree.clones}});
    rows.push_back({name_of(tree), std::string(kind_word(tree.kind)), std::string(tree.driver),
                    concat(tree.owners), tree.from});
  }
  for (const auto& [path, stream, token] : partials) {
    const auto name = path.substr(path.rfind('/') + 1), from = concat("@", stream.label);
    json.push_back({{"name", name},
                    {"path", path},
                    {"kind", kPartial},
                    {"driver", stream.driver},
                    {"uid0", stream.owners},
                    {"from", from},
                    {"resume", token}});
    rows.push_back({name, kPartial, stream.driver, concat(stream.owners), from});
  }
  if (words.has('j'))
    print_json(json);
  else
    print_table(rows);
  return 0;
}

constexpr Subcommand kCommands[] = {
    {"clone", "NAME NEW", "", 2, 2, clone},
    {"convert", "NAME --thick | NAME --thin [RELEASE]", "cpRT", 1, 2, convert},
    {"create",
     "NAME -r RELEASE | -t TEMPLATE | --empty [--thin | --thick | --basejail] [--path PATH] "
     "[PARAMETER=VALUE ...]",
     "ceprtBTR", 1, 64, create},
    {"destroy", "NAME | --path PATH [--yes] [--now]", "pyN", 0, 1, destroy},
    {"diff", "NAME[@LABEL] [LABEL] [--json]", "jp", 1, 2, diff},
    {"get", "NAME PROPERTY [--json]", "jp", 2, 2, get},
    {"list", "[--json]", "jp", 0, 0, list},
    {"promote", "NAME", "p", 1, 1, promote},
    {"prune", "[NAME] [--hourly N] [--daily N] [--weekly N]", "pHDW", 0, 1, prune},
    {"receive", "NAME [--abandon]", "pA", 1, 1, receive},
    {"rename", "NAME NEW", "", 2, 2, rename},
    {"rollback", "NAME@LABEL [--newer]", "pw", 1, 1, rollback},
    {"send", "NAME@LABEL [--from LABEL] [--resume TOKEN]", "pFk", 1, 1, send},
    {"set", "NAME PROPERTY=VALUE", "p", 2, 2, set},
    {"snapshot", "NAME[@LABEL]", "p", 1, 1, snapshot},
    {"snapshot destroy", "NAME@LABEL", "p", 1, 1, snapshot_destroy},
    {"snapshots", "NAME [--json]", "jp", 0, 1, snapshots},
    {"template", "NAME RELEASE", "pR", 2, 2, make_template},
    {"trash", "[--json]", "jp", 0, 0, trash_list},
    {"trash empty", "[--all]", "ap", 0, 0, trash_empty},
    {"trash restore", "NAME [NEW]", "p", 1, 2, trash_restore},
};

}  // namespace

Result<Target> target_of(const Words& words) {
  if (words.has('p')) {
    const auto path = words.text('p');
    auto name = words.operands.empty() ? path.substr(path.rfind('/') + 1) : words.operands[0];
    TRY(check_name(name));
    return Target{std::move(name), path, {}, false};
  }
  if (words.operands.empty()) return fail("NAME or --path PATH is missing");
  return target_named(words.operands[0]);
}

Result<dataset::Info> tree_of(const Target& jail) {
  auto tree = dataset::inspect(jail.path);
  if (tree || tree.error().code != ENOENT || !conf_text(jail)) return tree;
  return fail(std::move(tree).error().advise(jail.conf_file(),
                                             " is there: is the tree's file system mounted?"));
}

std::string store_of(const Words& words) { return words.text('p', kJailRoot); }

std::span<const Subcommand> tree_commands() { return kCommands; }

}  // namespace gaol::tools
