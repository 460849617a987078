// SPDX-License-Identifier: BSD-2-Clause

// FreeBSD's kernel wants binary values and tells their types through sysctl(3), which is what
// jailparam_* exist for. Ours takes text as the user wrote it. So the binary form lives here
// alone: import and export are each other's inverse, one row for each type of the registry, and
// setting a jail means exporting again.

#include "lib/param.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <vector>

#include "lib/failure.h"

namespace gaol::lib {

namespace {

using jail::Type;
using Bytes = std::string;

template <class T>
Bytes bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// REQUIRES: the value has that size.
template <class T>
T value_of(std::string_view bytes) {
  T value;
  memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::unexpected<Error> refuse(const jailparam& record, std::string_view why,
                              std::string_view text) {
  return std::unexpected(Error{EINVAL, concat(record.jp_name, ": ", why, " \"", text, "\""), {}});
}

// --- from text ---

Result<Bytes> boolean_in(const jailparam& record, std::string_view text) {
  const auto on = jail::parse_boolean(text);
  if (!on) return refuse(record, "unknown boolean value", text);
  return bytes_of<int>(*on);
}

Result<Bytes> jailsys_in(const jailparam& record, std::string_view text) {
  const auto state = jail::parse_jailsys(text.empty() ? std::optional<std::string_view>{} : text);
  if (!state) return refuse(record, "unknown jailsys value", text);
  return bytes_of<int>(static_cast<int>(*state));
}

template <class T>
Result<Bytes> number_in(const jailparam& record, std::string_view text) {
  const auto n = number<T>(text);
  if (!n) return refuse(record, "non-integer value", text);
  return bytes_of<T>(*n);
}

Result<Bytes> string_in(const jailparam&, std::string_view text) { return concat(text, '\0'); }

template <int family, class Address>
Result<Bytes> addresses_in(const jailparam& record, std::string_view text) {
  Bytes out;
  if (text.empty() || text == "-") return out;
  for (const auto piece : split(text, ',')) {
    Address address;
    if (::inet_pton(family, std::string(trim(piece)).c_str(), &address) != 1)
      return std::unexpected(Error{EINVAL,
                                   concat(record.jp_name, ": not an ",
                                          family == AF_INET ? "IPv4" : "IPv6", " address: ", piece),
                                   {}});
    out += bytes_of(address);
  }
  return out;
}

// --- to text; the size has been checked ---

std::string boolean_out(std::string_view bytes) { return value_of<int>(bytes) ? "true" : "false"; }

std::string jailsys_out(std::string_view bytes) {
  const int state = std::clamp(value_of<int>(bytes), JAIL_SYS_DISABLE, JAIL_SYS_INHERIT);
  return std::string(jail::jailsys_word(static_cast<jail::Jailsys>(state)));
}

template <class T>
std::string number_out(std::string_view bytes) {
  return concat(value_of<T>(bytes));
}

std::string string_out(std::string_view bytes) {
  return std::string(bytes.substr(0, bytes.find('\0')));
}

template <int family, class Address>
std::string addresses_out(std::string_view bytes) {
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(sizeof(Address))) {
    char text[INET6_ADDRSTRLEN];
    ::inet_ntop(family, bytes.data(), text, sizeof text);
    out += concat(out.empty() ? "" : ",", text);
  }
  return out;
}

// --- the types ---

struct Form {
  int ctltype, structtype;
  unsigned flags;
  size_t size;  // of a value, or of an element of a list; 0: as long as it is
  Result<Bytes> (*in)(const jailparam&, std::string_view);
  std::string (*out)(std::string_view);
};

constexpr Form kInt{CTLTYPE_INT, 0, 0, sizeof(int), number_in<int>, number_out<int>};
constexpr Form kLong{CTLTYPE_ULONG,
                     0,
                     0,
                     sizeof(unsigned long),
                     number_in<unsigned long>,
                     number_out<unsigned long>};
constexpr Form kString{CTLTYPE_STRING, 0, 0, 0, string_in, string_out};
constexpr Form kBoolean{CTLTYPE_INT, 0, JP_BOOL, sizeof(int), boolean_in, boolean_out};
constexpr Form kJailsys{CTLTYPE_INT, 0, JP_JAILSYS, sizeof(int), jailsys_in, jailsys_out};
constexpr Form kKeyvalue{CTLTYPE_STRING, 0, JP_KEYVALUE, 0, string_in, string_out};
constexpr Form kIp4{CTLTYPE_STRUCT,
                    JPS_IN_ADDR,
                    0,
                    sizeof(in_addr),
                    addresses_in<AF_INET, in_addr>,
                    addresses_out<AF_INET, in_addr>};
constexpr Form kIp6{CTLTYPE_STRUCT,
                    JPS_IN6_ADDR,
                    0,
                    sizeof(in6_addr),
                    addresses_in<AF_INET6, in6_addr>,
                    addresses_out<AF_INET6, in6_addr>};

const Form& form_of(const jail::Param& param) {
  switch (param.type) {
    case Type::boolean: return kBoolean;
    case Type::integer: return param.range.high > INT32_MAX ? kLong : kInt;
    case Type::jailsys: return kJailsys;
    case Type::ip4_list: return kIp4;
    case Type::ip6_list: return kIp6;
    case Type::keyvalue: return kKeyvalue;
    case Type::string:
    case Type::list: break;  // lists of strings are jail(8)'s alone
  }
  return kString;
}

const Form& form_of(const jailparam& record) {
  return record.jp_name == kLastJid ? kInt : form_of(jail::param(spelling_of(record).id));
}

bool is_list(const jailparam& record) { return record.jp_structtype != 0; }

unsigned access_of(const jail::Param& param) {
  return param.when == jail::When::any      ? CTLFLAG_RW
         : param.when == jail::When::create ? CTLFLAG_RDTUN
                                            : CTLFLAG_RD;
}

void* copy(std::string_view bytes) {
  void* memory = ::malloc(bytes.size() + 1);  // so that an empty list has a value too
  if (!memory) throw std::bad_alloc();
  if (!bytes.empty()) memcpy(memory, bytes.data(), bytes.size());
  return memory;
}

Result<> store(jailparam& record, std::string_view bytes) {
  if (!(record.jp_flags & JP_RAWVALUE)) {
    ::free(record.jp_value);
    record.jp_value = copy(bytes);
  } else if (bytes.size() > record.jp_valuelen) {
    return fail_errno(EINVAL, record.jp_name, ": no room for the value");
  } else if (!bytes.empty()) {
    memcpy(record.jp_value, bytes.data(), bytes.size());
  }
  record.jp_valuelen = bytes.size();
  return {};
}

}  // namespace

jail::Spelling spelling_of(const jailparam& record) {
  return jail::spelling(record.jp_name).value();
}

Result<> init(jailparam& record, const char* name) {
  record = {};
  const Form* form = &kInt;
  unsigned access = CTLFLAG_RD;
  bool negated = false;
  if (name != kLastJid) {
    const auto spelling = jail::spelling(name);
    if (!spelling || jail::param(spelling->id).when == jail::When::tool) {
      Error error = jail::unknown_parameter(name).error();
      error.code = ENOENT;
      return std::unexpected(std::move(error));
    }
    const jail::Param& param = jail::param(spelling->id);
    form = &form_of(param);
    access = access_of(param);
    negated = spelling->negated;
  }
  record.jp_name = static_cast<char*>(copy(concat(name, '\0')));
  record.jp_ctltype = static_cast<int>(static_cast<unsigned>(form->ctltype) | access);
  record.jp_structtype = form->structtype;
  record.jp_elemlen = form->structtype ? form->size : 0;
  record.jp_flags = negated ? JP_NOBOOL : form->flags;
  return {};
}

Result<> import(jailparam& record, std::string_view text) {
  return store(record, TRY(form_of(record).in(record, text)));
}

Result<std::optional<std::string>> exported(const jailparam& record) {
  if (!record.jp_value) return std::nullopt;
  const Form& form = form_of(record);
  const bool whole = is_list(record) ? record.jp_valuelen % form.size == 0
                                     : form.size == 0 || record.jp_valuelen == form.size;
  if (!whole) return fail_errno(EINVAL, record.jp_name, ": value of the wrong size");
  return form.out({static_cast<const char*>(record.jp_value), record.jp_valuelen});
}

}  // namespace gaol::lib

using namespace gaol;

int jailparam_all(jailparam** jpp) {
  return lib::answer([&]() -> Result<int> {
    std::vector<jailparam> all;
    for (const auto& param : jail::registry()) {
      if (param.when == jail::When::tool) continue;
      TRY(lib::init(all.emplace_back(), std::string(param.name).c_str()));
    }
    auto* out = static_cast<jailparam*>(::malloc(all.size() * sizeof(jailparam)));
    if (!out) throw std::bad_alloc();
    std::ranges::copy(all, out);
    *jpp = out;
    return static_cast<int>(all.size());
  });
}

int jailparam_init(jailparam* jp, const char* name) {
  return lib::answer([&]() -> Result<int> {
    TRY(lib::init(*jp, name));
    return 0;
  });
}

int jailparam_import(jailparam* jp, const char* value) {
  return lib::answer([&]() -> Result<int> {
    if (value) TRY(lib::import(*jp, value));
    return 0;
  });
}

int jailparam_import_raw(jailparam* jp, void* value, size_t valuelen) {
  jp->jp_value = value;
  jp->jp_valuelen = valuelen;
  jp->jp_flags |= JP_RAWVALUE;
  return 0;
}

char* jailparam_export(jailparam* jp) {
  char* out = nullptr;
  lib::answer([&]() -> Result<int> {
    const auto text = TRY(lib::exported(*jp));
    out = ::strdup(text ? text->c_str() : "");
    if (!out) throw std::bad_alloc();
    return 0;
  });
  return out;
}

void jailparam_free(jailparam* jp, unsigned njp) {
  for (jailparam* end = jp + njp; jp != end; ++jp) {
    ::free(jp->jp_name);
    if (!(jp->jp_flags & JP_RAWVALUE)) ::free(jp->jp_value);
  }
}
