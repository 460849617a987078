// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/owners.h"

#include <cerrno>

#include "dataset/dataset.h"
#include "dataset/zfs.h"
#include "sys/probe.h"

namespace gaol::dataset {

namespace {

constexpr const char* kRangesDir = "/var/db/gaol/owners";
constexpr unsigned kRangeBits = 16;
constexpr uint64_t kToldOften = 10'000;  // files

std::string range_link(uint32_t first) { return concat(kRangesDir, "/", first >> kRangeBits); }

std::string holder_of(uint32_t first) {
  return sys::real_kernel().read_symlink(range_link(first)).value_or("");
}

Result<> remove_if_there(const std::string& path) {
  auto removed = sys::real_kernel().remove_file(path);
  if (!removed && !absent(removed.error())) return removed;
  return {};
}

Result<> write_owners(const Place& at, const Owners& owners) {
  if (owners.first == 0 && !owners.to) return remove_if_there(at.record("owners"));
  TRY(make_dirs(at.records(), 0700));
  const auto text = owners.to ? concat(owners.first, " ", *owners.to) : concat(owners.first);
  return sys::write_record(at.record("owners"), text + "\n");
}

Result<> drop_range(const Place& at, uint32_t first) {
  if (first == 0 || holder_of(first) != at.path()) return {};
  return remove_if_there(range_link(first));
}

Result<> hold_range(const std::string& holder, uint32_t first) {
  TRY(remove_if_there(range_link(first)));
  TRY(make_dirs(kRangesDir, 0755));
  return sys::real_kernel().make_symlink(holder, range_link(first));
}

Result<uint32_t> range_of(const std::string& holder) {
  if (!holder.starts_with('/')) return uid0_of_dataset(holder);
  return TRY(read_owners(sys::real_kernel(), split_place(holder))).range();
}

// `name` is what the tree is called to whoever waits for this.
Result<> give_files(const sys::Fd& top, std::string_view privileges, sys::Shift shift,
                    const std::string& name) {
  const auto tell = [&](uint64_t files) {
    if (files % kToldOften == 0) report(concat(name, ": ", files, " files have their new owners"));
  };
  (void)TRY(sys::shift_owners(top, shift, tell));
  TRY(sys::give_privileges(top, privileges, shift));
  return sys::flush(top);
}

// May be cut short anywhere and done again: the list of privileges is complete before the first
// owner changes, and goes when all of them are back. Who comes second finds the true one; any
// other would be of half a tree.
Result<> finish_change(const Place& at, sys::Shift shift) {
  const auto top = TRY(sys::open_dir(at.path()));
  const auto list = at.record("privileges");
  auto listed = sys::real_kernel().read_file(list);
  if (!listed) {
    listed = TRY(sys::list_privileges(top));
    TRY(sys::write_record(list, *listed));
  }
  TRY(give_files(top, *listed, shift, at.path()));
  TRY(write_owners(at, {shift.to, {}}));
  TRY(remove_if_there(list));
  return shift.to == 0 ? drop_range(at, shift.from) : Result<>();
}

Result<> begin_change(const Place& at, sys::Shift shift) {
  TRY(remove_if_there(at.record("privileges")));
  return write_owners(at, {shift.from, shift.to});
}

Result<> change_owners(const Place& at, sys::Shift shift) {
  TRY(begin_change(at, shift));
  return finish_change(at, shift);
}

// After a killed command's change has been finished.
Result<uint32_t> owners_at_rest(const Place& at) {
  const auto now = TRY(read_owners(sys::real_kernel(), at));
  if (now.to) TRY(finish_change(at, {now.first, *now.to}));
  return now.to.value_or(now.first);
}

Result<> change_tree(const Place& at, sys::Shift shift) {
  if (TRY(snapshots(at.path())).empty())
    TRY(remove_if_there(at.record("mixed")));
  else
    TRY(note_mixed(at));
  return change_owners(at, shift);
}

}  // namespace

bool is_plain_or_range(uint32_t first) {
  const uint32_t range = first >> kRangeBits;
  return first == 0 || (first == range << kRangeBits && range >= kFirstOwnersRange &&
                        range < kFirstOwnersRange + kOwnersRanges);
}

Result<Owners> read_owners(sys::Kernel& kernel, const Place& at) {
  const auto text = TRY(read_record(kernel, at.record("owners")));
  const auto fields = words(text);
  if (fields.empty()) return Owners{};
  const auto first = number<uint32_t>(fields[0]);
  const auto to = fields.size() == 2 ? number<uint32_t>(fields[1]) : std::nullopt;
  const bool whole = fields.size() == (to ? 2u : 1u);
  if (!whole || !first || !is_plain_or_range(*first) || (to && !is_plain_or_range(*to)))
    return fail(at.record("owners"), ": damaged");
  return Owners{*first, to};
}

Result<uint32_t> settled_owners(sys::Kernel& kernel, const Place& at) {
  const auto owners = TRY(read_owners(kernel, at));
  if (!owners.to) return owners.first;
  return fail(Error{0, concat(at.path(), ": its owners are being shifted"), "gaol shift"});
}

Result<> adopt(const Place& at, const std::string& made, uint32_t first) {
  if (first == 0) return {};
  const uint32_t own = sys::probe_idmapped_mount(made) == 0 ? 0 : TRY(take_range(at.path()));
  const auto top = TRY(sys::open_dir(made));
  TRY(give_tree(top, at.path(), {first, own}));
  return write_owners(at, {own, {}});
}

// Whatever `act` has left, what is there by then is the tree.
Result<> take_in(const Place& at, uint32_t first, const std::function<Result<>()>& act) {
  const auto own = TRY(settled_owners(sys::real_kernel(), at));
  if (own == first) return act();
  TRY(note_mixed(at));
  TRY(begin_change(at, {first, own}));
  auto done = act();
  auto changed = finish_change(at, {first, own});
  return done ? changed : done;
}

Result<> keep_range(const Place& at, uint32_t first) { return write_owners(at, {first, {}}); }

// The top says it: nobody in a jail can give that to an id outside the jail's.
Result<uint32_t> snapshot_owners(Driver& driver, const Place& at, const std::string& label) {
  if (!is_mixed(at)) return settled_owners(sys::real_kernel(), at);
  uint32_t first = 0;
  const auto look = [&](const std::string& dir) -> Result<> {
    const auto top = TRY(sys::open_dir(dir));
    first = TRY(sys::owner_of(top)) >> kRangeBits << kRangeBits;
    return {};
  };
  TRY(driver.read(at, label, look));
  return is_plain_or_range(first) ? first : 0;
}

Result<> note_mixed(const Place& at) {
  TRY(make_dirs(at.records(), 0700));
  return sys::write_record(at.record("mixed"), "snapshots\n");
}

bool is_mixed(const Place& at) { return sys::real_kernel().exists(at.record("mixed").c_str()); }

// Another tree may have its range, one that took its place.
Result<> move_range(const Place& from, const Place& to) {
  const auto owners = TRY(read_owners(sys::real_kernel(), to));
  if (owners.range() == 0 || holder_of(owners.range()) != from.path()) return {};
  return hold_range(to.path(), owners.range());
}

Result<> check_range(const std::string& holder, uint32_t first) {
  const auto other = holder_of(first);
  if (other == holder) return {};
  if (!other.empty() && TRY(range_of(other)) == first) {
    Error error{EEXIST, concat(holder, ": its ids are those of ", other), {}};
    if (holder.starts_with('/')) error.hint = "gaol shift --back, then gaol shift";
    return fail(std::move(error));
  }
  return hold_range(holder, first);
}

// A link is made or is not: whoever makes it has the range. One to this holder was left by a
// command that was killed before it could write the range down.
Result<uint32_t> take_range(const std::string& holder) {
  auto& kernel = sys::real_kernel();
  TRY(make_dirs(kRangesDir, 0755));
  for (uint32_t range = kFirstOwnersRange; range < kFirstOwnersRange + kOwnersRanges; ++range) {
    const uint32_t first = range << kRangeBits;
    auto made = kernel.make_symlink(holder, range_link(first));
    if (made) return first;
    if (made.error().code != EEXIST) return fail(std::move(made).error());
    if (holder_of(first) == holder) return first;
  }
  return fail_errno(ENOSPC, kRangesDir);
}

Result<> give_tree(const sys::Fd& top, const std::string& name, sys::Shift shift) {
  const auto privileges = TRY(sys::list_privileges(top));
  return give_files(top, privileges, shift, name);
}

Result<uint32_t> uid0_of_dataset(const std::string& dataset) {
  const auto text = zfs({"get", "-H", "-o", "value", kUid0, dataset});
  if (!text && text.error().code == ENOENT) return 0;
  if (!text) return fail(Error(text.error()));
  const auto value = trim(*text);
  if (value == "-") return 0;
  const auto first = number<uint32_t>(value);
  if (!first || *first == 0 || !is_plain_or_range(*first))
    return fail(dataset, ": ", kUid0, "=", value, ": not the first of a range of ids");
  return *first;
}

// All that lead to it: a command that was killed may not have come to write down which it took.
Result<> give_range_back(const Place& at) {
  const auto ranges = TRY(names_in(kRangesDir));
  for (const auto& range : ranges) {
    const auto link = concat(kRangesDir, "/", range);
    if (sys::real_kernel().read_symlink(link).value_or("") == at.path()) TRY(remove_if_there(link));
  }
  return {};
}

Result<uint32_t> shift(const std::string& path) {
  const Place at = TRY(locate(path));
  const Info info = TRY(inspect(path));
  if (info.kind == Kind::foreign) return fail(path, ": not made by gaol");
  if (info.layered)
    return fail(Error{0, concat(path, ": is an overlay on ", info.from), "gaol convert --thick"});
  const auto lock = TRY(lock_store(at.store));
  const auto now = TRY(owners_at_rest(at));
  if (now != 0) return now;
  if (sys::probe_idmapped_mount(at.path()) == 0)
    return fail(path, ": needs no shift: this file system can be mounted with other owners");
  const auto range = TRY(take_range(at.path()));
  TRY(change_tree(at, {0, range}));
  return range;
}

Result<> shift_back(const std::string& path) {
  const Place at = TRY(locate(path));
  const Info info = TRY(inspect(path));
  if (info.kind == Kind::foreign) return fail(path, ": not made by gaol");
  const auto lock = TRY(lock_store(at.store));
  const auto now = TRY(owners_at_rest(at));
  return now == 0 ? Result<>() : change_tree(at, {now, 0});
}

}  // namespace gaol::dataset
