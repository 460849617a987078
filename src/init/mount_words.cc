// SPDX-License-Identifier: BSD-2-Clause
#include "init/mount_words.h"

#include <errno.h>
#include <linux/types.h>

#include "init/text.h"

namespace gaol::init {
namespace {

struct Flag {
  unsigned long flag;
  __u64 set, clear = 0;
};
constexpr Flag kFlags[] = {
    {MS_RDONLY, MOUNT_ATTR_RDONLY},
    {MS_NOSUID, MOUNT_ATTR_NOSUID},
    {MS_NODEV, MOUNT_ATTR_NODEV},
    {MS_NOEXEC, MOUNT_ATTR_NOEXEC},
    {MS_NOATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    {MS_NODIRATIME, MOUNT_ATTR_NODIRATIME},
    {MS_RELATIME, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {MS_STRICTATIME, MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    {MS_SILENT, 0},
    {MS_BIND, 0},
    {MS_REMOUNT, 0},
};

}  // namespace

bool translate_flags(unsigned long flags, mount_attr& attributes) {
  for (const Flag& known : kFlags) {
    if (!(flags & known.flag)) continue;
    attributes.attr_set |= known.set;
    attributes.attr_clr |= known.clear;
    flags &= ~known.flag;
  }
  return flags == 0;
}

unsigned long size_of(const char* text, unsigned long memory) {
  const char* unit;
  const unsigned long number = number_of(text, &unit);
  if (unit == text || (unit[0] && unit[1])) return 0;
  unsigned long size = 0;
  switch (*unit) {
    case '\0': return number / 1024;
    case 'k':
    case 'K': return number;
    case 'm':
    case 'M': return __builtin_mul_overflow(number, 1024UL, &size) ? 0 : size;
    case 'g':
    case 'G': return __builtin_mul_overflow(number, 1024UL * 1024, &size) ? 0 : size;
    case '%': return number > 100 ? 0 : memory / 100 * number;
    default: return 0;
  }
}

long Options::take(char* words) {
  for (char* at = words; *at;) {
    char *key = at, *value = nullptr;
    for (; *at && *at != ','; ++at)
      if (*at == '=' && !value) *at = '\0', value = at + 1;
    if (*at) *at++ = '\0';
    if (const long rc = add(key, value); rc < 0) return rc;
  }
  return 0;
}

long Options::add(const char* key, const char* value) {
  const OptionName* known = known_;
  while (known && known->key && !is_equal(known->key, key)) ++known;
  if (!known || !known->key || known->has_value != (value != nullptr)) return -EINVAL;
  if (count_ == sizeof options_ / sizeof options_[0]) return -EINVAL;
  options_[count_++] = {key, value};
  return 0;
}

Option* Options::find(const char* key) {
  for (unsigned at = count_; at-- > 0;)
    if (is_equal(options_[at].key, key)) return &options_[at];
  return nullptr;
}

}  // namespace gaol::init
