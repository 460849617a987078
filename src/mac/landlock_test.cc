// SPDX-License-Identifier: BSD-2-Clause

#include "mac/landlock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "sys/landlock.h"

namespace gaol::mac {
namespace {

struct Name {
  sockaddr_un address{};
  socklen_t size;
  explicit Name(const std::string& name) {
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

sys::Fd listen_at(const Name& name) {
  sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(socket.get(), name.get(), name.size) != 0 || ::listen(socket.get(), 8) != 0) return {};
  return socket;
}

// The errno of a connection, 0 for success.
int connect_to(const Name& name) {
  const sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(socket.get(), name.get(), name.size) == 0 ? 0 : errno;
}

// What `act` returns (a small number) in a child under the ruleset.
template <class Act>
int scoped(const sys::Fd& ruleset, Act act) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::_exit(sys::landlock_restrict_self(ruleset.get()) == 0 ? act() : 255);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class Landlock : public testing::Test {
 protected:
  void SetUp() override {
    auto scope = abstract_socket_scope();
    ASSERT_TRUE(scope) << scope.error().line();
    if (!*scope) GTEST_SKIP() << "this kernel's Landlock has no scopes";
    ruleset_ = std::move(**scope);
  }
  std::string name(const char* end) const {
    return "gaol-landlock-" + std::to_string(::getpid()) + end;
  }
  sys::Fd ruleset_;
};

TEST_F(Landlock, RulesetIsCloseOnExec) { EXPECT_EQ(::fcntl(ruleset_.get(), F_GETFD), FD_CLOEXEC); }

TEST_F(Landlock, HostsAbstractSocketsAreOutOfReach) {
  const Name host(name("-host"));
  const sys::Fd listener = listen_at(host);
  ASSERT_TRUE(listener);
  EXPECT_EQ(connect_to(host), 0);
  EXPECT_EQ(scoped(ruleset_, [&] { return connect_to(host); }), EPERM);
}

TEST_F(Landlock, OwnAbstractSocketsStayInReach) {
  const Name own(name("-own"));
  EXPECT_EQ(scoped(ruleset_,
                   [&] {
                     const sys::Fd listener = listen_at(own);
                     return listener ? connect_to(own) : 254;
                   }),
            0);
}

TEST_F(Landlock, FilesStayAsTheyWere) {
  const int answer = scoped(ruleset_, [] {
    const sys::Fd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    return file ? 0 : errno;
  });
  EXPECT_EQ(answer, 0);
}

// The surprise the header warns of: whoever enters later is in another domain.
TEST_F(Landlock, TwoDomainsOfOneRulesetAreStrangers) {
  const Name first(name("-first"));
  const int answer = scoped(ruleset_, [&] {
    const sys::Fd listener = listen_at(first);
    return listener ? scoped(ruleset_, [&] { return connect_to(first); }) : 254;
  });
  EXPECT_EQ(answer, EPERM);
}

TEST(LandlockSystemCalls, UnknownScopeIsRefused) {
  const auto abi = sys::landlock_abi();
  ASSERT_TRUE(abi);
  if (*abi < 6) GTEST_SKIP() << "this kernel's Landlock has no scopes";
  const auto ruleset = sys::landlock_scope(uint64_t{1} << 63);
  ASSERT_FALSE(ruleset);
  EXPECT_EQ(ruleset.error().code, EINVAL);
  EXPECT_EQ(ruleset.error().text, "landlock: create a ruleset: Invalid argument");
}

}  // namespace
}  // namespace gaol::mac
