// SPDX-License-Identifier: BSD-2-Clause
#include "warden/store.h"

#include <errno.h>
#include <fcntl.h>

#include <algorithm>

#include "warden/ids.h"

namespace gaol::warden {

namespace {

constexpr size_t kCounterBytes = 16;
constexpr Jid kLastJid = 999999;  // security.jail.*: jids run from 1 to here

constexpr std::string_view kTorn = ".new";  // see Kernel::publish()

// EEXIST means that somebody was here before us, which is what we wanted.
Result<> unless_there(Result<> made) {
  if (!made && made.error().code == EEXIST) return {};
  return made;
}

}  // namespace

std::string Store::path(std::string_view kind, Jid jid) const {
  return concat(root_, "/", kind, "/", jid);
}

Result<> Store::prepare() {
  if (kernel_.open(root_ + "/empty", O_PATH)) return {};
  TRY(unless_there(kernel_.make_dir(root_, 0755)));
  TRY(kernel_.ensure_tmpfs(root_));
  for (const char* dir : {"/jails", "/busy", "/names", "/addresses", "/children", "/empty"})
    TRY(unless_there(kernel_.make_dir(root_ + dir, 0755)));
  return {};
}

Result<std::string> Store::make_place(const char* kind, Jid jid) {
  TRY(unless_there(kernel_.make_dir(concat(root_, "/", kind), 0700)));
  return path(kind, jid);
}

bool Store::taken(Jid jid) const {
  return kernel_.open(path("jails", jid), O_PATH) || kernel_.open(path("busy", jid), O_PATH);
}

Result<Jid> Store::allocate(std::optional<Jid> wanted) {
  const std::string counter = root_ + "/lock";  // its text; we hold the lock
  Jid last = 0, highest = 0;
  if (const auto text = kernel_.read_file(counter)) {
    const auto fields = words(*text);
    if (fields.size() == 2) {
      last = number<Jid>(fields[0]).value_or(0);
      highest = number<Jid>(fields[1]).value_or(kLastJid);
    } else if (!fields.empty()) {
      highest = kLastJid;  // damaged: whatever was given out, it may be in use
    }
  }
  const auto free = [&](Jid jid) {
    if (jid > highest && static_cast<uint32_t>(jid) < kRanges)
      return true;  // never given out, nor one of its range
    return std::ranges::none_of(jids_sharing_ids(jid, std::max(highest, jid)),
                                [&](Jid other) { return taken(other); });
  };
  const auto give = [&](Jid jid, Jid new_last) -> Result<Jid> {
    std::string text = concat(new_last, " ", std::max(highest, jid));
    text.resize(kCounterBytes, ' ');  // covers the one before, in one write
    TRY(kernel_.write_file(counter, text));
    return jid;
  };
  if (wanted) {
    if (taken(*wanted)) return fail("jail ", *wanted, " already exists");
    if (!free(*wanted)) return fail("jid ", *wanted, ": its range of ids is in use, take another");
    return give(*wanted, last);
  }
  // Jids only grow, so that a number never means another jail a moment later; the search
  // wraps when they run out.
  for (Jid step = 1; step <= kLastJid; ++step) {
    const Jid jid = (last + step - 1) % kLastJid + 1;
    if (free(jid)) return give(jid, jid);
  }
  return fail("no available jail IDs");
}

Result<> Store::reserve(const Record& record, const std::vector<std::string>& addresses) {
  TRY(kernel_.publish(path("busy", record.jid), record.to_text()));
  TRY(take_name(record.jid, record.name));
  if (record.parent) {
    const std::string siblings = path("children", record.parent);
    TRY(unless_there(kernel_.make_dir(siblings, 0755)));
    TRY(unless_there(kernel_.make_symlink(".", concat(siblings, "/", record.jid))));
  }
  return take_addresses(record.jid, addresses);
}

// Nobody has the name: a link of it is of a renaming that was cut short.
Result<> Store::take_name(Jid jid, const std::string& name) {
  if (name == concat(jid)) return {};
  const std::string link = concat(root_, "/names/", name);
  auto made = kernel_.make_symlink(concat(jid), link);
  if (made || made.error().code != EEXIST) return made;
  TRY(kernel_.remove_file(link));
  return kernel_.make_symlink(concat(jid), link);
}

void Store::return_name(Jid jid, const std::string& name) {
  if (jid_of_name(name) == jid) (void)kernel_.remove_file(concat(root_, "/names/", name));
}

Result<> Store::rename(Record& record, const std::string& name) {
  TRY(take_name(record.jid, name));
  const std::string before = std::exchange(record.name, name);
  TRY(publish(record));
  return_name(record.jid, before);
  return {};
}

Result<> Store::take_addresses(Jid jid, const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    const std::string dir = concat(root_, "/addresses/", address);
    TRY(unless_there(kernel_.make_dir(dir, 0755)));
    TRY(unless_there(kernel_.make_symlink(".", concat(dir, "/", jid))));
  }
  return {};
}

void Store::return_addresses(Jid jid, const std::vector<std::string>& addresses) {
  for (const auto& address : addresses) {
    const std::string dir = concat(root_, "/addresses/", address);
    (void)kernel_.remove_file(concat(dir, "/", jid));
    (void)kernel_.remove_dir(dir);  // the last one to go takes it along
  }
}

Result<> Store::note(const Record& record) {
  return kernel_.publish(path("busy", record.jid), record.to_text());
}

// One file under two names, until it is replaced in jails/ or no longer busy.
Result<> Store::enter(const Record& record) {
  TRY(kernel_.make_link(path("busy", record.jid), path("jails", record.jid)));
  add_line("jails", record);
  return {};
}

Result<> Store::publish(const Record& record) {
  TRY(kernel_.publish(path("jails", record.jid), record.to_text()));
  add_line("jails", record);
  return {};
}

void Store::settle(Jid jid) { (void)kernel_.remove_file(path("busy", jid)); }

Result<> Store::unpublish(Record record) {
  record.dying = record.init.pid != 0;
  TRY(note(record));
  if (record.dying) add_line("busy", record);
  (void)kernel_.remove_file(path("jails", record.jid));
  return {};
}

void Store::forget(const Record& record, const std::vector<std::string>& addresses) {
  return_addresses(record.jid, addresses);
  return_name(record.jid, record.name);
  if (record.parent) {
    const std::string siblings = path("children", record.parent);
    (void)kernel_.remove_file(concat(siblings, "/", record.jid));
    (void)kernel_.remove_dir(siblings);  // the last one to go takes it along
  }
  (void)kernel_.remove_file(path("jails", record.jid));
  for (const char* kind : {"jails", "busy"})  // of a kill -9 between the write and the rename
    (void)kernel_.remove_file(concat(path(kind, record.jid), kTorn));
  settle(record.jid);
}

std::optional<Record> Store::read(Jid jid) const {
  for (const char* kind : {"jails", "busy"}) {
    const auto text = kernel_.read_file(path(kind, jid));
    if (!text) continue;
    if (auto record = Record::from_text(*text)) return std::move(*record);
  }
  return {};
}

std::optional<Jid> Store::jid_of_name(const std::string& name) const {
  const auto target = kernel_.read_symlink(concat(root_, "/names/", name));
  if (!target) return {};
  return number<Jid>(*target);
}

bool Store::listed(Jid jid) const { return kernel_.open(path("jails", jid), O_PATH).has_value(); }

namespace {

std::vector<Jid> jids_in(sys::Kernel& kernel, const std::string& dir) {
  std::vector<Jid> out;
  if (const auto names = kernel.list_dir(dir))
    for (const auto& name : *names)
      if (const auto jid = number<Jid>(name)) out.push_back(*jid);
  std::ranges::sort(out);
  return out;
}

}  // namespace

std::vector<Jid> Store::users_of(const std::string& address) const {
  return jids_in(kernel_, concat(root_, "/addresses/", address));
}

std::vector<Jid> Store::descendants(Jid jid) const {
  std::vector<Jid> out;
  for (const Jid child : jids_in(kernel_, path("children", jid))) {
    const auto below = descendants(child);
    out.insert(out.end(), below.begin(), below.end());
    out.push_back(child);
  }
  return out;
}

std::vector<Jid> Store::jids() const { return jids_in(kernel_, root_ + "/jails"); }

Store::Busy Store::busy() const {
  const std::string dir = root_ + "/busy";
  const auto names = kernel_.list_dir(dir).value_or(std::vector<std::string>{});
  Busy out;
  for (const std::string_view name : names) {
    if (const auto jid = number<Jid>(name))
      out.jids.push_back(*jid);
    else if (name.ends_with(kTorn) &&
             std::ranges::count(names, name.substr(0, name.size() - kTorn.size())) == 0)
      out.torn.push_back(concat(dir, "/", name));
  }
  std::ranges::sort(out.jids);
  return out;
}

std::optional<Record> Store::read_busy(Jid jid) const {
  const auto text = kernel_.read_file(path("busy", jid));
  if (!text) return {};
  auto record = Record::from_text(*text);
  if (!record) return {};
  // Once it is published that is where the newest stands; who works on it, only here.
  if (const auto published = kernel_.read_file(path("jails", jid)))
    if (auto newer = Record::from_text(*published)) {
      newer->owner = record->owner;
      return std::move(*newer);
    }
  return std::move(*record);
}

// --- the index ---

namespace {

// Growing across a multiple of this is when an index is mended. It is written so that no less
// than half of it is free then, which makes mending rare however many jails there are.
constexpr uint64_t kStep = 1 << 20;

}  // namespace

void Store::add_line(std::string_view kind, const Record& record) {
  const auto inode = kernel_.inode(path(kind, record.jid));
  if (!inode) return;
  // The newline in front ends a line that somebody was killed in.
  const std::string line = concat("\n", to_line(entry_of(record, *inode)));
  const auto size = kernel_.append(index(), line, 0644);
  if (size && *size / kStep != (*size - line.size()) / kStep) mend();
}

// What the index says of the records there are.
struct Store::Sight {
  std::vector<Entry> entries;
  bool complete = true;  // every published record had its line
};

namespace {

struct RecordFile {
  Jid jid;
  uint64_t inode;
  bool published;
  std::string_view line{};  // the newest there is of that jail
  bool current = false;     // the line was made from this very file
};

}  // namespace

Result<Store::Sight> Store::look() const {
  std::vector<RecordFile> files;
  for (const char* kind : {"jails", "busy"}) {
    auto names = kernel_.list_inodes(concat(root_, "/", kind));
    if (!names && names.error().code == ENOENT) continue;
    for (const auto& [name, inode] : TRY(std::move(names)))
      if (const auto jid = number<Jid>(name)) files.push_back({*jid, inode, kind[0] == 'j'});
  }
  // A jail that is both is published.
  std::ranges::stable_sort(files, {}, &RecordFile::jid);
  const auto same = std::ranges::unique(files, {}, &RecordFile::jid);
  files.erase(same.begin(), same.end());

  const std::string text = kernel_.read_file(index()).value_or("");
  for (const auto line : split(text, '\n')) {
    const auto source = source_of(line);
    if (!source) continue;
    const auto file = std::ranges::lower_bound(files, source->jid, {}, &RecordFile::jid);
    if (file == files.end() || file->jid != source->jid || file->current) continue;
    file->current = file->inode == source->inode;
    file->line = line;
  }

  Sight sight;
  sight.entries.reserve(files.size());
  for (const auto& file : files) {
    auto entry = from_line(file.line);
    if (!file.current || !entry) {
      // Who may not read records keeps to what was true a moment ago.
      if (const auto record = read(file.jid)) entry = entry_of(*record, file.inode);
      sight.complete &= !file.published;
    }
    if (entry && (file.published || entry->dying)) sight.entries.push_back(std::move(*entry));
  }
  return sight;
}

Result<std::vector<Entry>> Store::entries() {
  auto sight = TRY(look());
  if (!sight.complete) mend();
  return std::move(sight.entries);
}

// Writes the index anew. A line that is appended to the old one meanwhile is not lost: its record
// was filed before it, and is seen by the second look.
void Store::mend() {
  const auto lock = kernel_.lock(index() + ".lock");
  if (!lock) return;  // not ours to write
  for (int looks = 0; looks < 2; ++looks) {
    const auto sight = look();
    if (!sight || (looks > 0 && sight->complete)) return;
    std::string text;
    for (const auto& entry : sight->entries) text += to_line(entry);
    if (text.size() % kStep > kStep / 2) text.resize((text.size() / kStep + 1) * kStep, '\n');
    (void)kernel_.publish(index(), text, 0644);
  }
}

}  // namespace gaol::warden
