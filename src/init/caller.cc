// SPDX-License-Identifier: BSD-2-Clause
#include "init/caller.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>

#include "init/text.h"
#include "sys/raw.h"

namespace gaol::init {
namespace {

using sys::raw::call;

// A line of /proc/PID/status: the number `column` words behind `name`, or nothing found: -1.
long number_in(const char* text, const char* name, int column, int base) {
  const auto digit = [&](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' && base == 16 ? c - 'a' + 10 : -1;
  };
  for (const char* line = text; *line;) {
    const char *at = line, *key = name;
    while (*key && *at == *key) ++at, ++key;
    if (!*key) {
      for (; column >= 0; --column) {
        while (digit(*at) >= 0) ++at;
        while (*at == '\t' || *at == ' ') ++at;
      }
      long value = 0;
      for (; digit(*at) >= 0; ++at) value = value * base + digit(*at);
      return value;
    }
    while (*at && *at != '\n') ++at;
    line = *at ? at + 1 : at;
  }
  return -1;
}

}  // namespace

// Our working directory is procfs.
Caller::Caller(const seccomp_notif& call_made, int listener)
    : call_(call_made),
      listener_(listener),
      directory_(static_cast<int>(call(__NR_openat, AT_FDCWD, Decimal(call_.pid).text(),
                                       O_PATH | O_DIRECTORY | O_CLOEXEC))) {}

Caller::~Caller() {
  if (directory_ >= 0) call(__NR_close, directory_);
}

bool Caller::waits() const {
  return directory_ >= 0 &&
         call(__NR_ioctl, listener_, SECCOMP_IOCTL_NOTIF_ID_VALID, &call_.id) == 0;
}

Caller::Power Caller::power() const {
  const long status = open("status", O_RDONLY);
  if (status < 0) return {};
  char text[4096];
  const long size = call(__NR_read, status, text, sizeof text - 1);
  call(__NR_close, status);
  if (size < 0) return {};
  text[size] = '\0';
  constexpr int kEffective = 1;  // of the four ids in the line
  return {number_in(text, "Uid:", kEffective, 10),
          static_cast<uint64_t>(number_in(text, "CapEff:", 0, 16))};
}

bool Caller::is_root() const {
  const Power its = power();
  return its.user == 0 && its.capabilities >> CAP_SYS_CHROOT & 1;
}

bool Caller::has(int capability) const { return power().capabilities >> capability & 1; }

long Caller::give(int descriptor, bool close_on_exec) const {
  seccomp_notif_addfd given{};
  given.id = call_.id;
  given.srcfd = static_cast<uint32_t>(descriptor);
  given.newfd_flags = close_on_exec ? O_CLOEXEC : 0;
  return call(__NR_ioctl, listener_, SECCOMP_IOCTL_NOTIF_ADDFD, &given);
}

long Caller::open(const char* name, int flags) const {
  return call(__NR_openat, directory_, name, flags | O_CLOEXEC);
}

long Caller::read(unsigned long address, void* to, unsigned long size) const {
  const long memory = open("mem", O_RDONLY);
  if (memory < 0) return memory;
  const long got = call(__NR_pread64, memory, to, size, address);
  call(__NR_close, memory);
  return got == -EIO ? -EFAULT : got;
}

long Caller::write(unsigned long address, const void* from, unsigned long size) const {
  const long memory = open("mem", O_WRONLY);
  if (memory < 0) return memory;
  const long put = call(__NR_pwrite64, memory, from, size, address);
  call(__NR_close, memory);
  return put == -EIO ? -EFAULT : put;
}

long Caller::read_text(unsigned long address, char* to, unsigned long size) const {
  to[0] = '\0';
  if (address == 0) return 0;
  const long got = read(address, to, size);
  for (long at = 0; at < got; ++at)
    if (to[at] == '\0') return at;
  if (got < 0) return got;
  return static_cast<unsigned long>(got) == size ? -ENAMETOOLONG : -EFAULT;
}

}  // namespace gaol::init
