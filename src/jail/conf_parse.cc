// SPDX-License-Identifier: BSD-2-Clause
//
//   conf      := { NAME '{' conf '}' | statement ';' | ';' }
//   statement := name [ [ '=' | '+=' ] value { ',' value } ]
//   name      := NAME | VARIABLE
//
// After a fault the parser goes on behind the next `;` or `}` that closes what it was in, so that
// one run shows several. What cannot be survived (an endless comment, a missing or endless
// include) ends it.
#include "jail/conf_parse.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace gaol::jail {

namespace {

constexpr size_t kFaultsShown = 8;
constexpr int kIncludeDepth = 32;
constexpr size_t kNameLimit = 255;  // the kernel's on FreeBSD; here it bounds the nesting as well

// Characters of word processors and web pages, which look like ones that mean something here.
struct Lookalike {
  std::string_view bytes, hint;
};
constexpr Lookalike kLookalikes[] = {
    {"\u00a0", "this blank is a no-break space: type a plain one"},
    {"\u2018", "quotes are typed ' or \""},
    {"\u2019", "quotes are typed ' or \""},
    {"\u201c", "quotes are typed ' or \""},
    {"\u201d", "quotes are typed ' or \""},
    {"\ufeff", "a byte order mark: save the file without it"},
};

// What the files of one configuration have in common.
struct Reading {
  const Source& source;
  Tree tree{};
  std::vector<Error> faults{};
  std::unordered_map<std::string, Position> jails{};
  std::optional<size_t> globals{};  // where in tree.blocks they are, once there is one
  bool over = false;                // no further file or token is of use

  void fault(Position place, std::string_view what, int code = 0) {
    faults.push_back(place.error(what, code));
    if (faults.size() >= kFaultsShown) over = true;
  }
};

std::string plain_text(const Value& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text.append(piece.text);
  return text;
}

// The first piece that is not literal.
const Piece* variable_in(const Value& pieces) {
  const auto found = std::ranges::find_if(pieces, &Piece::variable);
  return found == pieces.end() ? nullptr : &*found;
}

class Parser {
 public:
  Parser(Reading& reading, const ConfFile& file, int depth)
      : reading_(reading), file_(file), lexer_(file.text()), depth_(depth) {}

  // A block's index in tree.blocks; nothing stands for outside of all blocks.
  using Context = std::optional<size_t>;
  void file(Context context);

 private:
  enum class Inside { file, braces };
  void next();
  bool at(Tok kind) const { return token_.kind == kind; }
  void body(Context context, Inside inside);
  void item(Context context);
  void block(const Token& name, Context context);
  void statement(const Token& name, Context context);
  bool values(Statement& statement);
  void include(const Statement& statement, Context context);
  void include_file(const std::string& path, Position place, Context context);
  std::vector<Statement>& statements(Context context, Position place);

  void syntax_error(std::string_view hint);
  std::string_view stray_hint() const;
  void syntax_error(size_t begin, size_t end, std::string_view hint);
  void fault(size_t offset, std::string_view what) { reading_.fault({&file_, offset}, what); }
  void recover();

  Reading& reading_;
  const ConfFile& file_;
  Lexer lexer_;
  Token token_;
  size_t last_end_ = 0;  // where the token before this one ended
  int depth_;
};

void Parser::file(Context context) {
  if (const size_t nul = file_.text().find('\0'); nul != std::string_view::npos) {
    fault(nul, kNulByte);
    reading_.over = true;
  }
  next();
  body(context, Inside::file);
}

void Parser::next() {
  last_end_ = token_.end;
  if (reading_.over)
    token_.kind = Tok::end;
  else
    lexer_.next(token_);
  if (!at(Tok::broken)) return;
  reading_.over = true;
  fault(token_.begin, token_.fault);
  token_.kind = Tok::end;
}

// Up to what ends it, which is left for the caller.
void Parser::body(Context context, Inside inside) {
  for (;;) {
    if (at(Tok::end) || (at(Tok::close) && inside == Inside::braces)) return;
    if (at(Tok::word)) {
      item(context);
    } else if (at(Tok::semicolon)) {
      next();
    } else if (at(Tok::close)) {
      syntax_error("no block is open here");
      next();
    } else {
      syntax_error("a name must come first");
      recover();
    }
  }
}

void Parser::item(Context context) {
  const Token name = std::move(token_);
  next();
  if (name.second != 0) {
    syntax_error(name.second, name.end,
                 variable_in(name.pieces)
                     ? "a name cannot hold a variable"
                     : "a name of several parts needs quotes around all of it");
    recover();
  } else if (at(Tok::open)) {
    block(name, context);
  } else {
    statement(name, context);
  }
}

void Parser::block(const Token& name, Context context) {
  if (variable_in(name.pieces)) {
    syntax_error("a jail's name cannot be a variable");
    return recover();
  }
  const Position place{&file_, name.begin};
  auto& blocks = reading_.tree.blocks;
  std::string full = plain_text(name.pieces);
  if (context) full = concat(blocks[*context].name, '.', full);
  if (full.size() > kNameLimit) {
    fault(name.begin, concat("jail name longer than ", kNameLimit, " bytes"));
    reading_.over = true;
  }
  if (!is_wildcard(full)) {
    const auto [first, fresh] = reading_.jails.emplace(full, place);
    if (!fresh)
      fault(name.begin,
            concat("jail \"", full, "\" defined twice (first at ", first->second.where(), ")"));
  }
  blocks.push_back({std::move(full), {}, place});

  next();
  body(blocks.size() - 1, Inside::braces);
  if (at(Tok::close)) return next();
  if (reading_.over) return;
  fault(last_end_, concat("unexpected EOF (the block opened at ", place.where(), " has no end)"));
  reading_.over = true;
}

void Parser::statement(const Token& name, Context context) {
  const bool variable = variable_in(name.pieces) != nullptr;
  Statement statement{plain_text(name.pieces), variable, false, {}, {&file_, name.begin}};
  if (!values(statement)) return recover();
  if (!variable && statement.name == ".include")
    include(statement, context);
  else
    statements(context, statement.place).push_back(std::move(statement));
}

// What follows the name, the semicolon included.
bool Parser::values(Statement& statement) {
  bool wanted = at(Tok::assign) || at(Tok::append);
  if (wanted) {
    statement.append = at(Tok::append);
    next();
  }
  while (wanted || (at(Tok::word) && statement.values.empty())) {
    if (!at(Tok::word)) return syntax_error("a value is missing before it"), false;
    statement.values.push_back(std::move(token_.pieces));
    next();
    wanted = at(Tok::comma);
    if (wanted) next();
  }
  if (at(Tok::semicolon)) return next(), true;
  const auto between = file_.text().substr(last_end_, token_.begin - last_end_);
  if (at(Tok::word) && !between.contains('\n'))
    syntax_error("several words need quotes, several values a comma");
  else
    syntax_error("is a \";\" missing before it?");
  return false;
}

void Parser::include(const Statement& statement, Context context) {
  for (const Value& value : statement.values) {
    if (const Piece* variable = variable_in(value)) {
      fault(variable->offset, "variables not permitted in '.include' filename");
      continue;
    }
    std::string path = plain_text(value);
    if (!path.starts_with('/')) path.insert(0, file_.name(), 0, file_.name().rfind('/') + 1);
    const Position place{&file_, value.empty() ? statement.place.offset : value.front().offset};
    for (const std::string& match : reading_.source.glob(path))
      if (!reading_.over) include_file(match, place, context);
  }
}

void Parser::include_file(const std::string& path, Position place, Context context) {
  if (depth_ == kIncludeDepth) {
    reading_.fault(place, "maximum include depth exceeded");
    reading_.over = true;
    return;
  }
  auto text = reading_.source.read(path);
  if (!text) {
    reading_.fault(place, text.error().text, text.error().code);
    reading_.over = true;
    return;
  }
  const auto& file = reading_.tree.files.emplace_back(path, *std::move(text));
  Parser(reading_, file, depth_ + 1).file(context);
}

std::vector<Statement>& Parser::statements(Context context, Position place) {
  auto& blocks = reading_.tree.blocks;
  if (!context && !reading_.globals) {
    reading_.globals = blocks.size();
    blocks.push_back({"*", {}, place});
  }
  return blocks[context.value_or(reading_.globals.value_or(0))].statements;
}

void Parser::syntax_error(std::string_view hint) {
  syntax_error(token_.begin, token_.end, at(Tok::stray) ? stray_hint() : hint);
}

std::string_view Parser::stray_hint() const {
  const auto rest = file_.text().substr(token_.begin);
  for (const auto& lookalike : kLookalikes)
    if (rest.starts_with(lookalike.bytes)) return lookalike.hint;
  return "it needs quotes";
}

// `b: syntax error (hint)`. The end of the file is named where the text before it ends.
void Parser::syntax_error(size_t begin, size_t end, std::string_view hint) {
  if (reading_.over) return;
  if (begin == end) {
    fault(last_end_, concat("unexpected EOF (", hint, ")"));
    reading_.over = true;
    return;
  }
  auto word = file_.text().substr(begin, end - begin);
  word = word.substr(0, word.find('\n'));
  fault(begin, concat(word, ": syntax error (", hint, ")"));
}

void Parser::recover() {
  for (int open = 0; !at(Tok::end); next()) {
    if (at(Tok::open)) ++open;
    if (at(Tok::close) && open == 0) return;
    if ((at(Tok::semicolon) && open == 0) || (at(Tok::close) && --open == 0)) return next();
  }
}

Error all_of(const std::vector<Error>& faults) {
  std::vector<std::string> texts;
  for (const Error& fault : faults) texts.push_back(fault.text);
  return {faults.front().code, join(texts, "\n"), {}};
}

}  // namespace

Result<Tree> parse_conf(const std::string& path, const Source& source) {
  Reading reading{.source = source};
  const auto& file =
      reading.tree.files.emplace_back(path == "-" ? "STDIN" : path, TRY(source.read(path)));
  Parser(reading, file, 0).file({});
  if (!reading.faults.empty()) return fail(all_of(reading.faults));
  return std::move(reading.tree);
}

}  // namespace gaol::jail
