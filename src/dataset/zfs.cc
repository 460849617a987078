// SPDX-License-Identifier: BSD-2-Clause

// Trees that are datasets of ZFS: OpenZFS in the kernel, or zfs-fuse. Both are asked by their
// commands, with -H and -p where they know them; zfs-fuse is of 2010 and knows no more than what
// is used here.
//
// The dataset of a path is the one mounted there; one that is not mounted, or to be made, is called
// after the nearest mounted dataset above and the rest of the path, with colons for slashes:
//
//   /usr/jails/www                 pool/jails/www
//   /usr/jails/.gaol/.scratch/www  pool/jails/.gaol:.scratch:www, with a mountpoint of its own
//
// So a command that is killed between two acts leaves a dataset whose name says where it belongs,
// and settle() puts it there.
//
// A clone stands on a snapshot of its origin, @gaol-NAME, which goes when the clone does.
//
// A tree that is received is made as .partial/NAME first, where OpenZFS keeps what has come when
// the stream breaks, and is called after .scratch when all of it is there. Of changes it keeps that
// beside the tree that they are for.

#include "dataset/zfs.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <span>

#include "dataset/driver.h"
#include "host/mounts.h"
#include "sys/program.h"

namespace gaol::dataset {

namespace {

constexpr std::string_view kOurs = "gaol-";  // snapshots of ours are called so, and not shown

// What zfs says, and what the kernel would have said.
struct Phrase {
  std::string_view text;
  int code;
};
constexpr Phrase kPhrases[] = {
    {"dataset already exists", EEXIST},
    {"does not exist", ENOENT},
    {"is busy", EBUSY},
    {"out of space", ENOSPC},
    {"No space left", ENOSPC},
    {"quota exceeded", EDQUOT},
    {"permission denied", EPERM},
    {"daemon is running", EHOSTDOWN},
    {"was not a user namespace", ENOTTY},
};

Error zfs_error(const std::string& verb, std::string_view text) {
  Error error{0, concat("zfs ", verb, ": ", trim(text.substr(0, text.find('\n')))), {}};
  for (const auto& phrase : kPhrases)
    if (text.contains(phrase.text)) error.code = phrase.code;
  if (error.code == EHOSTDOWN) error.hint = "start zfs-fuse";
  return error;
}

}  // namespace

Result<std::string> zfs(std::vector<std::string> words) {
  const std::string verb = words.front();
  words.insert(words.begin(), "zfs");
  auto answer = sys::run_program(std::move(words), Lock::latest());
  if (!answer) return fail(std::move(answer).error());
  if (answer->status != 0) return fail(zfs_error(verb, answer->text));
  return std::move(answer->text);
}

namespace {

// Unmounting a FUSE is not over when the call returns: then the dataset is busy for a moment more.
Result<> zfs_patiently(const std::vector<std::string>& words) {
  constexpr int kTimes = 40;
  constexpr timespec kPause{0, 50'000'000};
  for (int i = 1;; ++i) {
    auto done = zfs(words);
    if (done) return {};
    if (done.error().code != EBUSY || i == kTimes) return fail(std::move(done).error());
    ::nanosleep(&kPause, nullptr);
  }
}

// Lines of columns, as -H prints them.
std::vector<std::vector<std::string_view>> table(std::string_view text) {
  std::vector<std::vector<std::string_view>> rows;
  for (const auto line : split(text, '\n'))
    if (!line.empty()) rows.push_back(split(line, '\t'));
  return rows;
}

Result<std::vector<host::Mount>> mount_table() {
  const auto text = TRY(sys::real_kernel().read_file("/proc/self/mountinfo"));
  return host::parse_mounts(text);
}

struct Dataset {
  std::string name, path;
  bool mounted = false;
  bool apart = false;  // its name does not tell ZFS where it belongs
  bool fuse = false;   // of zfs-fuse
  std::string pool() const { return name.substr(0, name.find('/')); }
};

// Of a path that is a mounted dataset, or below one.
Result<Dataset> dataset_of(const std::string& path) {
  const auto all = TRY(mount_table());
  const auto* nearest = host::mount_of(all, path);
  if (!nearest || !host::is_zfs(*nearest)) return fail(path, ": not on ZFS");
  const bool fuse = nearest->type.starts_with("fuse");
  if (nearest->point == path) return Dataset{nearest->source, path, true, false, fuse};
  std::string rest = path.substr(nearest->point.size() + 1);
  const bool apart = rest.contains('/');
  std::ranges::replace(rest, '/', ':');
  return Dataset{concat(nearest->source, "/", rest), path, false, apart, fuse};
}

Result<bool> exists(const Dataset& dataset) {
  if (dataset.mounted) return true;
  const auto found = zfs({"get", "-H", "-o", "value", "type", dataset.name});
  if (!found && found.error().code != ENOENT) return fail(Error(found.error()));
  return found.has_value();
}

// Mounts a dataset where it belongs. REQUIRES: it is not mounted.
Result<> show(const Dataset& dataset) {
  if (dataset.apart)
    TRY(zfs({"set", concat("mountpoint=", dataset.path), dataset.name}));
  else
    TRY(zfs({"inherit", "mountpoint", dataset.name}));
  auto mounted = zfs({"mount", dataset.name});
  if (mounted || mounted.error().text.contains("already mounted")) return {};
  return fail(std::move(mounted).error());
}

Result<> hide(const Dataset& dataset) {
  if (dataset.mounted) TRY(zfs_patiently({"unmount", dataset.name}));
  return {};
}

// The directory a dataset was mounted on, if it is left.
Result<> remove_mountpoint(const std::string& path) {
  auto removed = sys::real_kernel().remove_dir(path);
  if (!removed && removed.error().code != ENOENT) return removed;
  return {};
}

std::vector<std::string> with_place(std::vector<std::string> words, const Dataset& dataset) {
  if (dataset.apart) {
    words.emplace_back("-o");
    words.push_back(concat("mountpoint=", dataset.path));
  }
  return words;
}

// The label behind the @ of a snapshot's name; empty for others and for those of ours.
std::string_view label_of(std::string_view name) {
  const auto at = name.find('@');
  if (at == name.npos || name.substr(at + 1).starts_with(kOurs)) return {};
  return name.substr(at + 1);
}

// A new snapshot of ours. One that no clone stands on was left by a command that was killed.
Result<std::string> origin_snapshot(const Dataset& from, std::string_view clone) {
  for (int n = 1;; ++n) {
    auto name = concat(from.name, "@", kOurs, clone, n > 1 ? concat(".", n) : std::string());
    auto taken = zfs({"snapshot", name});
    if (!taken && taken.error().code == EEXIST && zfs({"destroy", name}))
      taken = zfs({"snapshot", name});
    if (taken) return name;
    if (taken.error().code != EEXIST) return fail(std::move(taken).error());
  }
}

// zfs-fuse mounts what it receives where the name says, which for a dataset of .scratch is nowhere
// it belongs.
Result<> show_received(const Dataset& dataset) {
  (void)zfs({"unmount", dataset.name});
  return show(dataset);
}

// Copies a snapshot into a dataset of its own. Where the sender fails, so does the receiver.
Result<> stream(const std::string& snapshot, const Dataset& to) {
  TRY(sys::real_kernel().make_dir(to.path, 0700));
  const auto answer = TRY(sys::run_program(
      {"sh", "-c", "zfs send \"$1\" | zfs receive \"$2\"", "sh", snapshot, to.name},
      Lock::latest()));
  if (answer.status != 0) return fail(zfs_error("receive", answer.text));
  return show_received(to);
}

Result<> on_snapshot(const Place& at, const std::string& verb, const std::string& label) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  TRY(zfs({verb, concat(dataset.name, "@", label)}));
  return {};
}

Result<> check_no_children(const Dataset& dataset) {
  const auto text =
      TRY(zfs({"list", "-H", "-o", "name", "-t", "filesystem,volume", "-r", dataset.name}));
  const auto rows = table(text);
  if (rows.size() > 1) return fail(dataset.path, ": the dataset ", rows[1][0], " stands below it");
  return {};
}

}  // namespace

Result<bool> Zfs::settle(const std::string& path) {
  const Dataset dataset = TRY(dataset_of(path));
  if (dataset.mounted) return true;
  if (TRY(exists(dataset))) {
    TRY(show(dataset));
    return true;
  }
  (void)sys::real_kernel().remove_dir(path);  // a mountpoint that never was one
  return false;
}

Result<> Zfs::make(const std::string& path) {
  const Dataset dataset = TRY(dataset_of(path));
  auto words = with_place({"create"}, dataset);
  words.push_back(dataset.name);
  TRY(zfs(std::move(words)));
  return sys::set_mode(path, 0755);
}

Result<bool> Zfs::clone(const std::string& from, const std::string& to) {
  const Dataset source = TRY(dataset_of(from));
  const Dataset target = TRY(dataset_of(to));
  if (!source.mounted || source.pool() != target.pool()) return false;
  const auto snapshot = TRY(origin_snapshot(source, split_place(to).name));
  auto words = with_place({"clone"}, target);
  words.push_back(snapshot);
  words.push_back(target.name);
  auto cloned = zfs(std::move(words));
  if (cloned) return true;
  (void)zfs({"destroy", snapshot});
  return fail(std::move(cloned).error());
}

// A dataset is copied by a stream, in less than half the time that its files take. With the stream
// comes its snapshot.
Result<sys::Copied> Zfs::copy(const std::string& from, const std::string& to) {
  const auto source = dataset_of(from);
  if (!source || !source->mounted) return Dir::copy(from, to);
  const Dataset target = TRY(dataset_of(to));
  const auto snapshot = TRY(origin_snapshot(*source, split_place(to).name));
  auto copied = stream(snapshot, target);
  if (copied)
    copied = zfs_patiently({"destroy", concat(target.name, snapshot.substr(snapshot.find('@')))});
  (void)zfs({"destroy", snapshot});
  if (!copied) return fail(std::move(copied).error());
  return sys::Copied{};
}

Result<> Zfs::move(const std::string& from, const std::string& to) {
  if (TRY(sys::entry_at(to)) != sys::Entry::absent) return fail_errno(EEXIST, to);
  const Dataset source = TRY(dataset_of(from));
  Dataset target = TRY(dataset_of(to));
  // As long as one of the two directories is there, the next command looks after the dataset.
  TRY(sys::real_kernel().make_dir(to, 0700));
  auto moved = hide(source);
  if (moved) moved = zfs_patiently({"rename", source.name, target.name});
  if (!moved) {  // somebody is in it
    if (source.mounted) (void)settle(from);
    TRY(remove_mountpoint(to));
    return moved;
  }
  TRY(show(target));
  return remove_mountpoint(from);
}

Result<> Zfs::remove(const std::string& path) {
  const Dataset dataset = TRY(dataset_of(path));
  if (TRY(exists(dataset))) {
    TRY(check_no_children(dataset));
    const auto origin = TRY(zfs({"get", "-H", "-o", "value", "origin", dataset.name}));
    TRY(hide(dataset));
    TRY(zfs_patiently({"destroy", "-r", dataset.name}));  // with its snapshots
    if (origin.contains(concat("@", kOurs))) (void)zfs({"destroy", std::string(trim(origin))});
  }
  return remove_mountpoint(path);
}

Result<std::vector<Dependence>> Zfs::dependences(const std::string& store) {
  const Dataset top = TRY(dataset_of(store));
  const auto text =
      TRY(zfs({"list", "-H", "-o", "name,origin", "-t", "filesystem", "-r", top.pool()}));
  const auto all = TRY(mount_table());
  const auto path_of = [&](std::string_view name) {
    const auto mount = std::ranges::find(all, name, &host::Mount::source);
    return mount == all.end() ? std::string(name) : mount->point;
  };
  std::vector<Dependence> found;
  for (const auto& row : table(text)) {
    const auto origin = row.size() > 1 ? row[1] : std::string_view("-");
    if (origin != "-")
      found.push_back({path_of(row[0]), path_of(origin.substr(0, origin.find('@')))});
  }
  return found;
}

Result<std::vector<Snapshot>> Zfs::snapshots(const Place& at) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  if (!dataset.mounted) return std::vector<Snapshot>();
  const auto text =
      TRY(zfs({"get", "-H", "-p", "-d", "1", "-o", "name,value", "creation", dataset.name}));
  std::vector<Snapshot> all;
  for (const auto& row : table(text)) {
    const auto label = label_of(row[0]);
    if (!label.empty() && row.size() > 1)
      all.push_back({std::string(label), number<int64_t>(row[1]).value_or(0)});
  }
  std::ranges::stable_sort(all, {}, &Snapshot::taken);
  return all;
}

Result<> Zfs::snapshot(const Place& at, const std::string& label) {
  return on_snapshot(at, "snapshot", label);
}

// The kernel goes on showing what it has read of a FUSE, owners and contents, until that is mounted
// anew: by one program, which ends what it has begun even when we are killed.
Result<> Zfs::rollback(const Place& at, const std::string& label) {
  constexpr const char* kRemounted =
      "zfs unmount \"$1\" || exit\n"
      "status=1\n"
      "for try in $(seq 40); do zfs rollback \"$1@$2\" && status=0 && break; sleep 0.05; done\n"
      "zfs mount \"$1\" && exit $status";
  const Dataset dataset = TRY(dataset_of(at.path()));
  if (!dataset.fuse || !dataset.mounted) return on_snapshot(at, "rollback", label);
  const auto answer =
      TRY(sys::run_program({"sh", "-c", kRemounted, "sh", dataset.name, label}, Lock::latest()));
  if (answer.status != 0) return fail(zfs_error("rollback", answer.text));
  return {};
}

Result<> Zfs::forget(const Place& at, const std::string& label) {
  return on_snapshot(at, "destroy", label);
}

// OpenZFS shows snapshots below .zfs; zfs-fuse does not, and a clone shows what is in one.
Result<> Zfs::read(const Place& at, const std::string& label, const Fill& use) {
  const auto shown = concat(at.path(), "/.zfs/snapshot/", label);
  if (sys::real_kernel().exists(shown.c_str())) return use(shown);
  const Dataset from = TRY(dataset_of(at.path()));
  const auto place = concat(at.scratch(), ":", label);  // of two snapshots at a time
  const Dataset there = TRY(dataset_of(place));
  auto words = with_place({"clone"}, there);
  words.push_back(concat(from.name, "@", label));
  words.push_back(there.name);
  TRY(zfs(std::move(words)));
  auto used = use(place);
  auto removed = remove(place);
  return used ? removed : used;
}

namespace {

std::vector<std::string> with_stream(std::vector<std::string> words, const Dataset& dataset,
                                     const std::string& label, const std::string& from) {
  if (!from.empty()) words.insert(words.end(), {"-i", concat("@", from)});
  words.push_back(concat(dataset.name, "@", label));
  return words;
}

}  // namespace

Result<> Zfs::send(const Place& at, const std::string& label, const std::string& from) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  return sys::run_through(with_stream({"zfs", "send"}, dataset, label, from), sys::Stream::out);
}

// zfs-fuse knows no -n.
std::optional<uint64_t> Zfs::stream_size(const Place& at, const std::string& label,
                                         const std::string& from) {
  const auto dataset = dataset_of(at.path());
  if (!dataset) return {};
  const auto text = zfs(with_stream({"send", "-nP"}, *dataset, label, from));
  if (!text) return {};
  for (const auto& row : table(*text))
    if (row.size() == 2 && row[0] == "size") return number<uint64_t>(row[1]);
  return {};
}

Result<> Zfs::receive(const Place& at, const std::string&) {
  const Dataset dataset = TRY(dataset_of(at.scratch()));
  TRY(sys::real_kernel().make_dir(at.scratch(), 0700));
  if (TRY(keeps_partial(at))) {
    const Dataset partial = TRY(dataset_of(at.partial()));
    TRY(sys::run_through({"zfs", "receive", "-s", "-u", partial.name}, sys::Stream::in,
                         Lock::latest()));
    TRY(zfs({"rename", partial.name, dataset.name}));
    return show(dataset);
  }
  TRY(arrived(sys::run_through({"zfs", "receive", dataset.name}, sys::Stream::in, Lock::latest())));
  return show_received(dataset);
}

// Nothing of a killed receiver is busy there any more when the tree has been rolled back, which a
// receiver begins with.
Result<> Zfs::receive_changes(const Place& at, const std::string&) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  const auto all = TRY(snapshots(at));
  if (!all.empty()) TRY(rollback(at, all.back().label));
  const char* how = TRY(keeps_partial(at)) ? "-sF" : "-F";
  return arrived(
      sys::run_through({"zfs", "receive", how, dataset.name}, sys::Stream::in, Lock::latest()));
}

// Where the sender fails, so does the receiver.
Result<> Zfs::receive_from(const std::string& path, const std::vector<std::string>& sender) {
  TRY(remove(path));
  TRY(sys::real_kernel().make_dir(path, 0700));
  const Dataset dataset = TRY(dataset_of(path));
  constexpr const char* kReceived = R"(to=$1; shift; "$@" | zfs receive "$to")";
  std::vector<std::string> words = {"sh", "-c", kReceived, "sh", dataset.name};
  words.insert(words.end(), sender.begin(), sender.end());
  const auto answer = TRY(sys::run_program(std::move(words), Lock::latest()));
  if (answer.status != 0) return fail(zfs_error("receive", answer.text));
  return show_received(dataset);
}

// A pool of an old version has no place for what that takes.
Result<bool> Zfs::keeps_partial(const Place& at) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  if (dataset.fuse) return false;
  const auto answer = TRY(sys::run_program(
      {"zpool", "get", "-H", "-o", "value", "feature@extensible_dataset", dataset.pool()}));
  const auto state = trim(answer.text);
  return state == "enabled" || state == "active";
}

namespace {

// What has come of a stream.
Result<Dataset> partial_of(const Place& at, const Stream& stream) {
  return dataset_of(stream.from.empty() ? at.partial() : at.path());
}

}  // namespace

Result<std::string> Zfs::token(const Place& at, const Stream& stream) {
  const Dataset dataset = TRY(partial_of(at, stream));
  auto text = zfs({"get", "-H", "-o", "value", "receive_resume_token", dataset.name});
  if (!text && text.error().code == ENOENT) return std::string();
  if (!text) return text;
  const auto token = trim(*text);
  return std::string(token == "-" ? std::string_view() : token);
}

// A token says of which snapshot it is.
Result<> Zfs::send_rest(const Place& at, const std::string& label, const std::string& token) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  const auto told = TRY(zfs({"send", "-nvt", token}));
  if (!told.contains(concat("toname = ", dataset.name, "@", label, "\n")))
    return fail(at.path(), "@", label, ": the token is of another snapshot");
  return sys::run_through({"zfs", "send", "-t", token}, sys::Stream::out);
}

Result<> Zfs::abandon(const Place& at, const Stream& stream) {
  const Dataset dataset = TRY(partial_of(at, stream));
  if (stream.from.empty())
    return TRY(exists(dataset)) ? zfs_patiently({"destroy", "-r", dataset.name}) : Result<>();
  if (!TRY(token(at, stream)).empty()) TRY(zfs({"receive", "-A", dataset.name}));
  return {};
}

Result<Usage> Zfs::usage(const std::string& path) {
  const Dataset dataset = TRY(dataset_of(path));
  const auto text =
      TRY(zfs({"get", "-H", "-p", "-o", "value", "referenced,refquota", dataset.name}));
  const auto rows = table(text);
  if (rows.size() != 2) return fail("zfs get: ", trim(text));
  const auto limit = number<uint64_t>(rows[1][0]).value_or(0);
  return Usage{number<uint64_t>(rows[0][0]).value_or(0),
               limit ? std::optional(limit) : std::nullopt};
}

namespace {

// What zfs get has said of one dataset or snapshot; 0 of what it has not.
uint64_t number_of(std::span<const std::vector<std::string_view>> rows, std::string_view name,
                   std::string_view property) {
  for (const auto& row : rows)
    if (row.size() > 2 && row[0] == name && row[1] == property)
      return number<uint64_t>(row[2]).value_or(0);
  return 0;
}

}  // namespace

Result<Room> Zfs::room(const Place& at) {
  const Dataset dataset = TRY(dataset_of(at.path()));
  const auto all = TRY(snapshots(at));
  const auto text = TRY(zfs({"get", "-H", "-p", "-d", "1", "-o", "name,property,value",
                             "used,referenced,usedbydataset,usedbysnapshots", dataset.name}));
  const auto rows = table(text);
  const auto room_of = [&](const std::string& name, std::string_view own_property) {
    const auto own = number_of(rows, name, own_property);
    return sys::Room{own, number_of(rows, name, "referenced") - own};
  };
  Room room;
  room.tree = room_of(dataset.name, "usedbydataset");
  for (const auto& snapshot : all)
    room.snapshots.push_back(
        {snapshot.label, room_of(concat(dataset.name, "@", snapshot.label), "used")});
  room.snapshots_own = number_of(rows, dataset.name, "usedbysnapshots");
  return room;
}

Result<> Zfs::limit(const std::string& path, uint64_t bytes) {
  const Dataset dataset = TRY(dataset_of(path));
  TRY(zfs({"set", concat("refquota=", bytes ? concat(bytes) : std::string("none")), dataset.name}));
  return {};
}

namespace {

// The room that a tree's own data has for sure, without what it has from its origin.
const char* word_of_zfs(Property which) {
  return which == Property::compression ? "compression" : "refreservation";
}

}  // namespace

Result<std::string> Zfs::property(const std::string& path, Property which) {
  const Dataset dataset = TRY(dataset_of(path));
  const auto text = TRY(zfs({"get", "-H", "-o", "value", word_of_zfs(which), dataset.name}));
  return std::string(trim(text));
}

Result<> Zfs::set(const std::string& path, Property which, const std::string& value) {
  const Dataset dataset = TRY(dataset_of(path));
  TRY(zfs({"set", concat(word_of_zfs(which), "=", value), dataset.name}));
  return {};
}

Result<> Zfs::promote(const std::string& path) {
  const Dataset dataset = TRY(dataset_of(path));
  TRY(zfs({"promote", dataset.name}));
  return {};
}

}  // namespace gaol::dataset
