// SPDX-License-Identifier: BSD-2-Clause

// gaol-stack: puts the programs of bpf/stack.bpf.c into the kernel, once per boot, those of
// bpf/unix.bpf.c where the kernel has hooks for them, and devfs/bpf/device.bpf.c.
//
// They outlive this program as pins in bpffs, so that starting a jail needs neither libbpf nor
// a verifier run: that is why it is a program of its own and the only one that links libbpf.
// What counts as loaded is the pin "jails", made last and removed first. A load that was cut
// short has no such pin, the start of the next jail finds none and runs this program again,
// and it begins by sweeping what it finds. Several that start at once wait for each other.

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memory>

#include "net/bpf/stack_map.h"
#include "sys/bpf.h"
#include "sys/kernel.h"

// The compiled programs as bytes of this one.
// NOLINTBEGIN(bugprone-macro-parentheses): names of the assembler's, not expressions
#define EMBED(name, file)                                  \
  asm(".section .rodata\n"                                 \
      ".balign 8\n" #name ": .incbin \"" file "\"\n" #name \
      "_end:\n"                                            \
      ".previous\n");                                      \
  extern "C" const char name[], name##_end[]
EMBED(gaol_stack_object, GAOL_STACK_OBJECT);
EMBED(gaol_unix_object, GAOL_UNIX_OBJECT);
EMBED(gaol_device_object, GAOL_DEVICE_OBJECT);
// NOLINTEND(bugprone-macro-parentheses)

namespace gaol::net {

namespace {

constexpr const char* kMount = "/sys/fs/bpf";
constexpr const char* kPins = GAOL_STACK_PINS;

std::string pin(std::string_view name) { return concat(kPins, '/', name); }

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, CloseObject>;

struct CloseLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Link = std::unique_ptr<bpf_link, CloseLink>;

void tell(const Error& error) { fprintf(stderr, "gaol-stack: %s\n", error.line().c_str()); }

// Whether an earlier load was finished, for this very cgroup: a link whose cgroup was removed
// (and perhaps made anew under the same name) names no cgroup any more.
bool is_loaded(uint64_t root) {
  if (!sys::Fd(bpf_obj_get(pin("jails").c_str()))) return false;
  const sys::Fd link(bpf_obj_get(pin("sock_create").c_str()));
  bpf_link_info info{};
  uint32_t size = sizeof info;
  return link && bpf_obj_get_info_by_fd(link.get(), &info, &size) == 0 &&
         info.cgroup.cgroup_id == root;
}

Result<> unload(sys::Kernel& kernel) {
  auto marker = kernel.remove_file(pin("jails"));
  if (!marker && marker.error().code != ENOENT) return marker;
  auto names = kernel.list_dir(kPins);
  if (!names && names.error().code == ENOENT) return {};
  for (const auto& name : TRY(names)) TRY(kernel.remove_file(pin(name)));
  return kernel.remove_dir(kPins);
}

Result<Object> open_programs(const char* begin, const char* end) {
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = "gaol_stack";
  Object object(bpf_object__open_mem(begin, static_cast<size_t>(end - begin), &options));
  if (!object) return fail_errno(errno, "programs");
  return object;
}

Result<> load_programs(const Object& object, uint64_t root) {
  bpf_map* constant = bpf_object__find_map_by_name(object.get(), ".rodata.root");
  if (bpf_map__set_initial_value(constant, &root, sizeof root) < 0 ||
      bpf_object__load(object.get()) < 0)
    return fail_errno(errno, "programs");
  return {};
}

// Jails that already run were started when nothing was loaded, so they are limited in nothing;
// they keep what they have. A jail that is about to be limited replaces this by its own entry.
Result<> admit_running_jails(sys::Kernel& kernel, const Object& object, const std::string& root) {
  const bpf_map* jails = bpf_object__find_map_by_name(object.get(), "jails");
  const stack_jail unlimited{{{}, STACK_UNLIMITED}, {{}, STACK_UNLIMITED}, STACK_NOBODY, 1, 0};
  for (const auto& name : TRY(kernel.list_dir(root))) {
    const std::string path = concat(root, '/', name);
    if (!kernel.open(path, O_PATH | O_DIRECTORY)) continue;
    const uint64_t id = TRY(kernel.cgroup_id(path));
    if (bpf_map__update_elem(jails, &id, sizeof id, &unlimited, sizeof unlimited, BPF_NOEXIST) <
            0 &&
        errno != EEXIST)
      return fail_errno(errno, path);
  }
  return {};
}

// Links, unlike the older kind of attachment, leave other programs of the cgroup in force.
Result<> attach(const Object& object, const sys::Fd& cgroup, const std::string& root) {
  bpf_program* program;
  bpf_object__for_each_program(program, object.get()) {
    const char* name = bpf_program__name(program);
    const Link link(bpf_program__attach_cgroup(program, cgroup.get()));
    if (!link || bpf_link__pin(link.get(), pin(name).c_str()) < 0)
      return fail_errno(errno, root, ": attach ", name);
  }
  return {};
}

Result<> pin_map(const Object& object, const char* name) {
  bpf_map* map = bpf_object__find_map_by_name(object.get(), name);
  if (bpf_map__pin(map, pin(name).c_str()) < 0) return fail_errno(errno, pin(name));
  return {};
}

// Neither libbpf nor the kernel's headers of Debian 12 know these hooks of Linux 6.7 by name.
struct UnixHook {
  const char* program;
  int attach_type;
};
constexpr UnixHook kUnixHooks[] = {{"unix_connect", 49}, {"unix_sendmsg", 50}};

Result<> hold_unix_sockets(const Object& stack, const sys::Fd& cgroup, const std::string& root,
                           uint64_t id) {
  const Object object = TRY(open_programs(gaol_unix_object, gaol_unix_object_end));
  for (const auto& hook : kUnixHooks) {
    bpf_program* program = bpf_object__find_program_by_name(object.get(), hook.program);
    bpf_program__set_type(program, BPF_PROG_TYPE_CGROUP_SOCK_ADDR);
    bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(hook.attach_type));
  }
  const bpf_map* jails = bpf_object__find_map_by_name(stack.get(), "jails");
  if (bpf_map__reuse_fd(bpf_object__find_map_by_name(object.get(), "jails"), bpf_map__fd(jails)) <
      0)
    return fail_errno(errno, "jails");
  TRY(load_programs(object, id));
  return attach(object, cgroup, root);
}

// Before Linux 6.1 such a program cannot ask for the cgroups above it.
Result<> hold_devices(const sys::Fd& cgroup, const std::string& root, uint64_t id) {
  const Object object = TRY(open_programs(gaol_device_object, gaol_device_object_end));
  TRY(load_programs(object, id));
  TRY(pin_map(object, "devices"));
  return attach(object, cgroup, root);
}

Result<> put_in_place(sys::Kernel& kernel, const std::string& root, uint64_t id) {
  const sys::Fd cgroup = TRY(kernel.open(root, O_RDONLY | O_DIRECTORY));
  const Object object = TRY(open_programs(gaol_stack_object, gaol_stack_object_end));
  TRY(load_programs(object, id));
  TRY(kernel.make_dir(kPins, 0700));
  TRY(admit_running_jails(kernel, object, root));  // before the programs can refuse them
  TRY(attach(object, cgroup, root));
  if (auto held = hold_unix_sockets(object, cgroup, root, id); !held)
    tell(std::move(held)
             .error()
             .in("abstract unix sockets of the host are open to its jails")
             .advise("Linux 6.7 can hide them"));
  if (auto held = hold_devices(cgroup, root, id); !held)
    tell(std::move(held).error().in("device nodes in a jail's tree are held by its mounts alone"));
  TRY(pin_map(object, "addresses"));
  TRY(pin_map(object, "networks"));
  TRY(pin_map(object, "jails"));
  return admit_running_jails(kernel, object, root);  // those that saw no pin until now
}

Result<> load(sys::Kernel& kernel, const std::string& root) {
  const uint64_t id = TRY(kernel.cgroup_id(root));
  if (!kernel.read_file(concat(root, "/cgroup.controllers")))
    return fail(root, ": not a cgroup v2 directory");
  const sys::Fd lock = TRY(kernel.lock(concat(root, "/cgroup.procs")));
  TRY(sys::mount_bpffs(kMount));
  if (is_loaded(id)) return {};
  TRY(unload(kernel));
  auto placed = put_in_place(kernel, root, id);
  if (!placed) (void)unload(kernel);
  return placed;
}

int report(const Result<>& result) {
  if (result) return 0;
  tell(result.error());
  return 1;
}

}  // namespace

}  // namespace gaol::net

int main(int argc, char** argv) {
  using namespace gaol;
  // GAOL_STACK_VERBOSE: with libbpf's own account, the verifier's log included.
  if (!getenv("GAOL_STACK_VERBOSE")) libbpf_set_print(nullptr);
  if (argc == 3 && !strcmp(argv[1], "load"))
    return net::report(net::load(sys::real_kernel(), argv[2]));
  if (argc == 2 && !strcmp(argv[1], "unload")) return net::report(net::unload(sys::real_kernel()));
  fputs("usage: gaol-stack load CGROUP_ROOT\n       gaol-stack unload\n", stderr);
  return 2;
}
