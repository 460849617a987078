// SPDX-License-Identifier: BSD-2-Clause

// docs/functional-tests.md: for every number where it is tested, or why it is not. The page is
// written from the tables here and the names of the tests, so that it cannot go stale: a number
// with neither a test nor a reason is a failure, and so is a test that is pointed at and is no
// more, or a parameter that was the reason and is no longer refused.

#include <fstream>
#include <iterator>
#include <map>

#include "base/text.h"
#include "jail/params.h"
#include "tests/functional/functional.h"

namespace gaol::test {
namespace {

// What is asserted under the numbers up to `last`, from where the row above ends.
struct Subject {
  int last;
  const char* about;
};
constexpr Subject kSubjects[] = {
    {1, "a jail is made, listed, removed; with a path, with a mount"},
    {2, "several interfaces move in, from a file and from the command line, and come back"},
    {3, "jails in jails: the limit, what is said at it, removal of all of them"},
    {4, "the words of hooks, in their order, and what they know of the jail; removal by jid"},
    {5, "which of jid and name may be given where; a jail is found by both"},
    {6, "what `jls -s` shows, `jail -m` takes; all spellings of a value"},
    {7, "audit sessions are set with permission only"},
    {8, "an address that jails share goes with the last of them"},
    {9, "`*` a second time is silence"},
    {10, "a variable that is empty, and one without a value"},
    {11, "`jail -e`: a line a jail, blanks quoted"},
    {12, "a value of 8 KiB"},
    {13, "`.include`: patterns, places, what is missing, how deep"},
    {14, "comments of three kinds; what does not end is told with its place"},
    {15, "loops, unknown names and failures of what a jail depends on"},
    {16, "`meta` and `env` of a new jail"},
    {17, "each is changed whole, and the other stays"},
    {18, "they are given to a jail that was made without"},
    {19, "they are emptied"},
    {20, "they come through `jls --libxo json`, whatever is in them"},
    {22, "a language's binding sets and reads them"},
    {23, "the jail reads its `env`, and neither reads `meta` nor writes any"},
    {24, "a child inherits neither"},
    {25, "what is too large is refused"},
    {26, "keys are added, replaced, emptied, deleted, in order"},
    {27, "changes of several keys at once are all kept"},
    {28, "a jail reads how many jails it may have and has, at two levels"},
    {29, "no way up out of a directory that was moved out of the jail"},
    {30, "descriptors of jails: made, waited on, closed"},
    {31, "rights of descriptors of jails"},
    {32, "a process attaches while other threads of it open files"},
    {33, "addresses that are not the jail's, any address, loopback"},
    {34, "a removal ends though processes wait in the kernel"},
    {54, "service jails (`svcj`): each service of rc.conf in a jail of its own"},
    {55, "the headers of jls"},
    {58, "the columns of jls, of `-N` and of `-v`: what is cut, what is not"},
    {59, "`-q`, `-n`, `-s` over values of all kinds"},
    {60, "`jls -c` answers with its exit status"},
    {61, "`jls -j` of nobody"},
    {62, "jails that are being removed, with and without `-d`"},
    {63, "the shell that jexec starts when it is given no command"},
    {64, "where a command starts"},
    {65, "the environment with `-l`, and with `-e`"},
    {66, "exit status and signals are the command's"},
    {67, "`-u` asks the host who a user is, `-U` the jail"},
};

// What other tests hold of it: words that are in a file under tests/.
struct Place {
  int number;
  const char *file, *words;
};
constexpr Place kElsewhere[] = {
    {6, "kernel/params_kernel_test.cc", "ROOT_WhatIsShownCanBeSetAgain"},
    {8, "kernel/network_kernel_test.cc", "ROOT_NET_TheLastOfThoseWhoShareAnAliasTakesItAway"},
    {11, "cli/modes.t", "# jail -f jail.conf -e '|'"},
    {15, "kernel/parallel_kernel_test.cc", "ROOT_LoopsAndUnknownNames"},
    {15, "kernel/parallel_kernel_test.cc", "ROOT_AFailingMemberStopsWhatNeedsItAndNothingElse"},
    {22, "kernel/lib_kernel_test.cc", "ROOT_BuffersAreSetAndReadAlike"},
    {23, "kernel/params_kernel_test.cc", "ROOT_AJailReadsWhatItIsAndCannotWriteIt"},
    {27, "kernel/life_kernel_test.cc", "ROOT_ConcurrentModificationsLoseNothing"},
    {32, "kernel/lib_kernel_test.cc", "ROOT_AttachRefusesThreadsAndDirectories"},
    {33, "kernel/stack_kernel_test.cc", "ROOT_NET_BindEndsAtTheOnlyAddressOrIsRefused"},
    {34, "kernel/life_kernel_test.cc", "ROOT_ASuspendedVisitorDoesNotKeepAJail"},
    {59, "cli/jls_flags.t", "# jls -nq host.hostname"},
    {60, "cli/jls_flags.t", "# jls -c -j nobody"},
    {61, "cli/errors.t", "# jls -j web"},
    {62, "kernel/listing_kernel_test.cc", "ROOT_TheDyingAreShownToWhoAsks"},
    {64, "cli/entering.t", "# jexec web pwd"},
    {66, "kernel/life_kernel_test.cc", "ROOT_CreateListEnterModifyRemove"},
};

// What cannot be tested because a parameter is refused on Linux.
struct Refusal {
  int number;
  const char* parameter;
};
constexpr Refusal kRefusals[] = {{7, "allow.setaudit"}};

// What else is otherwise than on FreeBSD.
struct Remark {
  int number;
  const char* text;
};
constexpr Remark kRemarks[] = {
    {22, "the language is C, by libgaol; there is no Lua"},
    {25, "the limit is FreeBSD's standard and cannot be changed"},
    {30,
     "Linux has none; a caller who asks for one is refused, and a process in the jail, which has "
     "one, tells of the jail's end"},
    {31, "as 30"},
    {32, "a process with several threads cannot attach, so that there is no race to lose"},
    {54, "they are a part of FreeBSD's rc(8), which Linux does not have"},
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The tests of this program by their number.
std::multimap<int, std::string> own_tests() {
  std::multimap<int, std::string> out;
  const auto& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i)
    for (int j = 0; j < all.GetTestSuite(i)->total_test_count(); ++j) {
      const std::string name = all.GetTestSuite(i)->GetTestInfo(j)->name();
      if (int number = 0; std::sscanf(name.c_str(), "F%d_", &number) == 1)
        out.emplace(number, name);
    }
  return out;
}

// Where the numbers first..last are tested, or why they are not.
std::string places(int first, int last) {
  std::vector<std::string> out;
  const auto ours = own_tests();
  for (auto test = ours.lower_bound(first); test != ours.upper_bound(last); ++test)
    out.push_back(concat("`", test->second, "`"));
  for (const auto& place : kElsewhere)
    if (place.number == last) out.push_back(concat("`", place.words, "` in tests/", place.file));
  for (const auto& refusal : kRefusals)
    if (refusal.number == last)
      out.push_back(concat(refusal.parameter,
                           " is refused: ", jail::param(*jail::find(refusal.parameter)).note));
  for (const auto& remark : kRemarks)
    if (remark.number == last) out.emplace_back(remark.text);
  return join(out, "; ");
}

std::string table() {
  std::string text = "| number | what is asserted | where, or why not |\n|---|---|---|\n";
  int first = 1;
  for (const auto& [last, about] : kSubjects) {
    const std::string numbers = first == last ? concat(last) : concat(first, "-", last);
    text += concat("| ", numbers, " | ", about, " | ", places(first, last), " |\n");
    first = last + 1;
  }
  return text;
}

TEST(FunctionalPage, HasTheTable) {
  const std::string path = GAOL_SOURCE_DIR "/docs/functional-tests.md", page = read_file(path);
  const auto begin = page.find("| number |");
  ASSERT_NE(begin, page.npos) << path;
  if (::getenv("GAOL_ACCEPT"))
    std::ofstream(path, std::ios::binary) << page.substr(0, begin) << table();
  else
    EXPECT_EQ(page.substr(begin), table()) << "stale: GAOL_ACCEPT=1";
}

TEST(FunctionalPage, EveryNumberHasATestOrAReason) {
  int first = 1;
  for (const auto& subject : kSubjects) {
    EXPECT_NE(places(first, subject.last), "") << subject.last;
    first = subject.last + 1;
  }
  EXPECT_LT(own_tests().rbegin()->first, first);
}

TEST(FunctionalPage, WhatIsPointedAtIsThere) {
  for (const auto& place : kElsewhere)
    EXPECT_THAT(read_file(std::string(GAOL_SOURCE_DIR "/tests/") + place.file),
                testing::HasSubstr(place.words))
        << place.number;
  for (const auto& refusal : kRefusals)
    EXPECT_EQ(jail::param(*jail::find(refusal.parameter)).linux_means, jail::Linux::refused)
        << refusal.number << ": now it can be tested";
}

}  // namespace
}  // namespace gaol::test
