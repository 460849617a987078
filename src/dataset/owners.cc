// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/owners.h"

#include <cerrno>

#include "dataset/dataset.h"
#include "dataset/driver.h"
#include "sys/probe.h"

namespace gaol::dataset {

namespace {

constexpr const char* kRangesDir = "/var/db/gaol/owners";
constexpr unsigned kRangeBits = 16;

std::string range_link(uint32_t first) { return concat(kRangesDir, "/", first >> kRangeBits); }

std::string holder_of(uint32_t first) {
  return sys::real_kernel().read_symlink(range_link(first)).value_or("");
}

// Whatever stands in a record, no jail gets other ids of the host.
bool is_plain_or_range(uint32_t first) {
  const uint32_t range = first >> kRangeBits;
  return first == 0 || (first == range << kRangeBits && range >= kFirstOwnersRange &&
                        range < kFirstOwnersRange + kOwnersRanges);
}

Result<> write_owners(const Place& at, const Owners& owners) {
  TRY(make_dirs(at.records(), 0700));
  const auto text = owners.to ? concat(owners.first, " ", *owners.to) : concat(owners.first);
  return sys::write_record(at.record("owners"), text + "\n");
}

// A link is made or is not: whoever makes it has the range. One to this tree was left by a command
// that was killed before it could write the range down.
Result<uint32_t> take_range(const Place& at) {
  auto& kernel = sys::real_kernel();
  TRY(make_dirs(kRangesDir, 0755));
  for (uint32_t range = kFirstOwnersRange; range < kFirstOwnersRange + kOwnersRanges; ++range) {
    const uint32_t first = range << kRangeBits;
    auto made = kernel.make_symlink(at.path(), range_link(first));
    if (made) return first;
    if (made.error().code != EEXIST) return fail(std::move(made).error());
    if (holder_of(first) == at.path()) return first;
  }
  return fail_errno(ENOSPC, kRangesDir);
}

Result<> drop_range(const Place& at, uint32_t first) {
  if (first == 0 || holder_of(first) != at.path()) return {};
  auto dropped = sys::real_kernel().remove_file(range_link(first));
  if (!dropped && !absent(dropped.error())) return dropped;
  return {};
}

// May be cut short anywhere and done again: the list of privileges is complete before the first
// owner changes, and goes when all of them are back.
Result<> change_owners(const Place& at, sys::Shift shift) {
  const auto top = TRY(sys::open_dir(at.path()));
  const auto list = at.record("privileges");
  auto listed = sys::real_kernel().read_file(list);
  if (!listed) {
    listed = TRY(sys::list_privileges(top));
    TRY(sys::write_record(list, *listed));
  }
  (void)TRY(sys::shift_owners(top, shift));
  TRY(sys::give_privileges(top, *listed, shift));
  TRY(sys::flush(top));
  return {};
}

// Half of the files may be there already, by a command that was killed; its list is then the true
// one, and any other is of no use.
Result<> move_owners(const Place& at, const Owners& now, sys::Shift shift) {
  auto& kernel = sys::real_kernel();
  const auto list = at.record("privileges");
  if (!now.to && kernel.exists(list.c_str())) TRY(kernel.remove_file(list));
  TRY(write_owners(at, {shift.from, shift.to}));
  TRY(change_owners(at, shift));
  TRY(write_owners(at, {shift.to, {}}));
  TRY(kernel.remove_file(list));
  if (shift.to != 0) return {};
  TRY(drop_range(at, shift.from));
  return kernel.remove_file(at.record("owners"));
}

// They would bring the owners of their time back.
Result<> check_no_snapshots(const Place& at) {
  const auto all = TRY(snapshots(at.path()));
  if (all.empty()) return {};
  return fail(Error{0,
                    concat(at.path(), ": its snapshots have the owners of now: ", all.front().label,
                           all.size() > 1 ? ", ..." : ""),
                    "gaol snapshot destroy"});
}

}  // namespace

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

Result<> check_plain_owners(const Place& at) {
  const auto owners = TRY(read_owners(sys::real_kernel(), at));
  if (owners.range() == 0) return {};
  return fail(
      Error{0, concat(at.path(), ": its files belong to a jail's ids"), "gaol shift --back"});
}

Result<> note_range(const Place& at) {
  auto& kernel = sys::real_kernel();
  const auto owners = TRY(read_owners(kernel, at));
  if (owners.range() == 0 || holder_of(owners.range()) == at.path()) return {};
  auto removed = kernel.remove_file(range_link(owners.range()));
  if (!removed && !absent(removed.error())) return removed;
  TRY(make_dirs(kRangesDir, 0755));
  return kernel.make_symlink(at.path(), range_link(owners.range()));
}

Result<> check_range(const Place& at, uint32_t first) {
  const auto holder = holder_of(first);
  if (holder == at.path()) return {};
  if (!holder.empty()) {
    const auto theirs = TRY(read_owners(sys::real_kernel(), split_place(holder)));
    if (theirs.range() == first)
      return fail(Error{EEXIST, concat(at.path(), ": its ids are those of ", holder),
                        "gaol shift --back, then gaol shift"});
  }
  return note_range(at);
}

Result<> give_range_back(const Place& at) {
  const auto owners = TRY(read_owners(sys::real_kernel(), at));
  return drop_range(at, owners.range());
}

Result<uint32_t> shift(const std::string& path) {
  const Place at = TRY(locate(path));
  const Info info = TRY(inspect(path));
  if (info.kind == Kind::foreign) return fail(path, ": not made by gaol");
  if (info.layered)
    return fail(Error{0, concat(path, ": is an overlay on ", info.from), "gaol convert --thick"});
  const auto lock = TRY(lock_store(at.store));
  const auto now = TRY(read_owners(sys::real_kernel(), at));
  if (now.first != 0 && !now.to) return now.first;
  if (now.range() == 0 && sys::probe_idmapped_mount(at.path()) == 0)
    return fail(path, ": needs no shift: this file system can be mounted with other owners");
  TRY(check_no_snapshots(at));
  const auto range = now.range() ? now.range() : TRY(take_range(at));
  TRY(move_owners(at, now, {0, range}));
  return range;
}

Result<> shift_back(const std::string& path) {
  const Place at = TRY(locate(path));
  const Info info = TRY(inspect(path));
  if (info.kind == Kind::foreign) return fail(path, ": not made by gaol");
  const auto lock = TRY(lock_store(at.store));
  const auto now = TRY(read_owners(sys::real_kernel(), at));
  if (now.range() == 0) return {};
  TRY(check_no_snapshots(at));
  return move_owners(at, now, {now.range(), 0});
}

}  // namespace gaol::dataset
