// SPDX-License-Identifier: BSD-2-Clause
#include "pf/lex.h"

#include <gtest/gtest.h>

namespace gaol::pf {
namespace {

// Every token of a text behind its kind: w, q, n, m, and | for a newline.
std::string tokens_of(std::string_view text, Macros macros = {},
                      std::string* complaints = nullptr) {
  std::vector<std::string> files;
  Complaints all(files);
  Lexer lexer(files, macros, all);
  (void)lexer.enter("f", text);
  std::string out;
  for (;;) {
    const Token token = lexer.next();
    if (token.kind == Token::Kind::end) break;
    const char kind = "wqnm|.!"[static_cast<size_t>(token.kind)];
    if (!out.empty()) out += ' ';
    out += token.kind == Token::Kind::newline || token.kind == Token::Kind::broken
               ? std::string(1, kind)
               : concat(kind, ":", token.text);
  }
  if (complaints)
    for (const auto& line : all.lines()) *complaints += line + "\n";
  return out;
}

TEST(PfLexer, TakesWordsApart) {
  struct {
    const char* text;
    const char* tokens;
  } const cases[] = {
      {"pass in", "w:pass w:in |"},
      {"10.0.0.0/8", "w:10.0.0.0 m:/ n:8 |"},
      {"10/8", "n:10 m:/ n:8 |"},
      {"80:90 1k 10.1", "w:80:90 w:1k w:10.1 |"},
      {"!em0", "m:! w:em0 |"},
      {"a->b", "w:a- m:> w:b |"},
      {"a -> b", "w:a m:-> w:b |"},
      {"1 >< 5 <> != <= >=", "n:1 m:>< n:5 m:<> m:!= m:<= m:>= |"},
      {"<bad>", "m:< w:bad m:> |"},
      {"fe80::1%em0", "w:fe80::1%em0 |"},
      {"-5 - 5", "n:-5 m:- n:5 |"},
      {"{a,b}", "m:{ w:a m:, w:b m:} |"},
      {R"("a b" 'c "d"')", R"(q:a b q:c "d" |)"},
      {R"("a\"b\c")", "q:a\"b\\c |"},
      {"a # b\nc", "w:a | w:c |"},
      {"a \\\nb", "w:a w:b |"},
      {"# a \\\n b\nc", "| w:c |"},
      {"\\$a", "w:$a |"},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(tokens_of(c.text), c.tokens) << c.text;
}

TEST(PfLexer, PutsMacrosInFrontOfWhatFollows) {
  const Macros macros = {
      {"if", {.value = "em0"}}, {"ports", {.value = "{ 22 80 }"}}, {"all", {.value = "$if x"}}};
  EXPECT_EQ(tokens_of("on $if", macros), "w:on w:em0 |");
  EXPECT_EQ(tokens_of("$if:network", macros), "w:em0:network |");
  EXPECT_EQ(tokens_of("$ports", macros), "m:{ n:22 n:80 m:} |");
  EXPECT_EQ(tokens_of("\"$if\"", macros), "q:$if |");
}

TEST(PfLexer, SaysWhatIsWrong) {
  struct {
    const char* text;
    const char* complaint;
  } const cases[] = {
      {"a $no b\nc", "f:1:3: macro 'no' not defined\n"},
      {"\"a", "f:1:1: reached end of file while parsing quoted string\n"},
      {"99999999999999999999", "f:1:1: \"99999999999999999999\" invalid number: too large\n"},
      {"pass\r\n", "f:1:5: syntax error (lines end in LF alone here, not in CR LF)\n"},
      {"a ;", "f:1:3: syntax error (a statement ends with its line)\n"},
      {"a \\\n  ;", "f:2:3: syntax error (a statement ends with its line)\n"},
  };
  for (const auto& c : cases) {
    std::string complaints;
    (void)tokens_of(c.text, {}, &complaints);
    EXPECT_EQ(complaints, c.complaint) << c.text;
  }
}

TEST(PfLexer, KnowsWhatIsReserved) {
  EXPECT_TRUE(is_keyword("quick"));
  EXPECT_FALSE(is_keyword("persist"));
  EXPECT_FALSE(is_keyword("Quick"));
}

}  // namespace
}  // namespace gaol::pf
