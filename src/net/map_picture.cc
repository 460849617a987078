// SPDX-License-Identifier: BSD-2-Clause

// The map as boxes in three columns, the host's interfaces, bridges and jails, and lines between
// them. Both pictures are drawn from that: graphviz does its own layout of it, ours puts the boxes
// of a column below each other.

#include <algorithm>

#include "net/map.h"

namespace gaol::net {

namespace {

constexpr const char* kColumns[] = {"host", "bridges", "jails"};
constexpr size_t kHost = 0, kBridges = 1, kJails = 2;

struct Box {
  size_t column;
  std::string key;  // what it is for
  std::string title;
  std::vector<std::string> lines;
};
struct Edge {
  size_t from, to;
  std::string label;
  bool shared = false;  // an address, not a wire
};

class Picture {
 public:
  explicit Picture(const Map& map);
  const std::vector<Box>& boxes() const { return boxes_; }
  const std::vector<Edge>& edges() const { return edges_; }

 private:
  static std::string key_of(size_t stack, std::string_view what) {
    return concat(stack, "/", what);
  }
  // Where an interface is to be seen: in its bridge, a box of its own, or the jail's.
  static std::string holder_of(size_t stack, const MapInterface& interface);
  void add_boxes(size_t stack);
  void add_edges(size_t stack);
  void connect(const std::string& from, const std::string& to, std::string label, bool shared);

  const Map& map_;
  std::vector<Box> boxes_;
  std::vector<Edge> edges_;
};

bool is_shown(const MapInterface& interface) {
  return interface.kind != "lo" && (interface.up || interface.far || !interface.bridge.empty());
}

std::vector<std::string> addresses_of(const MapInterface& interface) {
  std::vector<std::string> out;
  for (const auto& address : interface.addresses)
    if (!address.starts_with("fe80:")) out.push_back(address);
  return out;
}

std::string Picture::holder_of(size_t stack, const MapInterface& interface) {
  if (interface.kind == "bridge") return key_of(stack, interface.name);
  if (!interface.bridge.empty() && interface.far) return key_of(stack, interface.bridge);
  return stack == 0 ? key_of(stack, interface.name) : key_of(stack, "");
}

void Picture::add_boxes(size_t stack) {
  const auto& [jail, jid, interfaces, routes] = map_.stacks[stack];
  Box own{.column = kJails, .key = key_of(stack, ""), .title = jail, .lines = {}};
  for (const auto& interface : interfaces) {
    if (!is_shown(interface)) continue;
    const auto key = holder_of(stack, interface);
    if (interface.kind == "bridge")
      boxes_.push_back({kBridges, key,
                        stack == 0 ? interface.name : concat(interface.name, " of ", jail),
                        addresses_of(interface)});
    else if (key == own.key)
      own.lines.push_back(concat(interface.name, " ", join(addresses_of(interface), ", ")));
    else if (key == key_of(stack, interface.name))
      boxes_.push_back({kHost, key, interface.name, addresses_of(interface)});
  }
  if (stack != 0) boxes_.push_back(std::move(own));
}

void Picture::connect(const std::string& from, const std::string& to, std::string label,
                      bool shared) {
  const auto begin = std::ranges::find(boxes_, from, &Box::key);
  const auto end = std::ranges::find(boxes_, to, &Box::key);
  if (begin == boxes_.end() || end == boxes_.end() || begin == end) return;
  edges_.push_back({static_cast<size_t>(begin - boxes_.begin()),
                    static_cast<size_t>(end - boxes_.begin()), std::move(label), shared});
}

void Picture::add_edges(size_t stack) {
  for (const auto& interface : map_.stacks[stack].interfaces) {
    const auto here = holder_of(stack, interface);
    if (!interface.bridge.empty() && !interface.far)
      connect(here, key_of(stack, interface.bridge), stack == 0 ? "" : interface.name, false);
    if (interface.kind == "bridge" && stack != 0 && !interface.addresses.empty())
      connect(here, key_of(stack, ""), "", false);
    // A wire is drawn once, from its outer end.
    if (!interface.far || interface.far->stack < stack) continue;
    const auto& [far, name] = *interface.far;
    if (const auto* end = map_.stacks[far].find(name))
      connect(here, holder_of(far, *end), interface.name, false);
  }
}

Picture::Picture(const Map& map) : map_(map) {
  for (size_t stack = 0; stack < map.stacks.size(); ++stack)
    if (!map.stacks[stack].interfaces.empty()) add_boxes(stack);
  for (const auto& tenant : map.tenants) {
    Box box{
        .column = kJails, .key = concat("jail ", tenant.jail), .title = tenant.jail, .lines = {}};
    for (const auto& held : tenant.addresses) box.lines.push_back(held.address);
    if (tenant.inherits) box.lines.emplace_back("all addresses");
    boxes_.push_back(std::move(box));
  }
  for (size_t stack = 0; stack < map.stacks.size(); ++stack) add_edges(stack);
  for (const auto& tenant : map.tenants)
    for (const auto& held : tenant.addresses)
      if (const auto* carrier = map.stacks[tenant.stack].find(held.interface))
        connect(holder_of(tenant.stack, *carrier), concat("jail ", tenant.jail), "", true);
}

std::string quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

// --- our own layout, in pixels ---

constexpr size_t kLetter = 8, kLine = 18, kPad = 10, kGap = 16, kBetween = 120, kTop = 48;

struct Place {
  size_t x, y, width, height;
  size_t middle() const { return y + height / 2; }
};

std::vector<Place> places_of(const std::vector<Box>& boxes) {
  std::vector<Place> out(boxes.size());
  size_t left = kGap;
  for (size_t column = 0; column < std::size(kColumns); ++column) {
    if (std::ranges::count(boxes, column, &Box::column) == 0) continue;
    size_t width = std::string_view(kColumns[column]).size(), top = kTop;
    for (const auto& box : boxes) {
      if (box.column != column) continue;
      width = std::max(width, box.title.size());
      for (const auto& line : box.lines) width = std::max(width, line.size());
    }
    for (size_t i = 0; i < boxes.size(); ++i) {
      if (boxes[i].column != column) continue;
      const size_t height = 2 * kPad + kLine * (1 + boxes[i].lines.size());
      out[i] = {left, top, width * kLetter + 2 * kPad, height};
      top += height + kGap;
    }
    left += width * kLetter + 2 * kPad + kBetween;
  }
  return out;
}

std::string text_at(size_t x, size_t y, std::string_view kind, std::string_view text) {
  return concat("<text x=\"", x, "\" y=\"", y, "\" class=\"", kind, "\">", escaped(text),
                "</text>\n");
}

std::string box_svg(const Box& box, const Place& place) {
  auto out =
      concat("<rect x=\"", place.x, "\" y=\"", place.y, "\" width=\"", place.width, "\" height=\"",
             place.height, R"(" rx="6" class=")", kColumns[box.column], "\"/>\n");
  size_t y = place.y + kPad + kLine - 5;
  out += text_at(place.x + kPad, y, "title", box.title);
  for (const auto& line : box.lines) out += text_at(place.x + kPad, y += kLine, "line", line);
  return out;
}

// From the right side of the left box to the left side of the other; of one column, from right
// side to right side.
std::string edge_svg(const Edge& edge, const std::vector<Place>& places) {
  Place a = places[edge.from], b = places[edge.to];
  if (a.x > b.x) std::swap(a, b);
  const size_t begin = a.x + a.width, end = a.x == b.x ? b.x + b.width : b.x;
  const size_t bend_a = begin + kBetween / 2;
  const size_t bend_b = a.x == b.x ? end + kBetween / 2 : end - kBetween / 2;
  auto out = concat("<path d=\"M", begin, " ", a.middle(), " C", bend_a, " ", a.middle(), " ",
                    bend_b, " ", b.middle(), " ", end, " ", b.middle(), "\" class=\"",
                    edge.shared ? "address" : "wire", "\"/>\n");
  if (!edge.label.empty()) out += text_at(bend_b, b.middle() - 4, "label", edge.label);
  return out;
}

constexpr std::string_view kStyle =
    "<style>text{font:13px monospace;fill:#222}.title{font-weight:bold}"
    ".label{font-size:10px;fill:#777}.head{fill:#777}"
    "rect{stroke:#555}.host{fill:#e8eef7}.bridges{fill:#fdf3d8}.jails{fill:#e6f4e6}"
    "path{fill:none;stroke:#555;stroke-width:1.5}.address{stroke-dasharray:5 4}</style>\n";

}  // namespace

std::string map_dot(const Map& map) {
  const Picture picture(map);
  std::string out = "graph gaol {\n  rankdir=LR;\n  node [shape=box];\n";
  for (size_t i = 0; i < picture.boxes().size(); ++i) {
    const auto& box = picture.boxes()[i];
    auto label = quoted(box.title);
    for (const auto& line : box.lines) label += concat("\\n", quoted(line));
    out += concat("  n", i, " [label=\"", label, "\"];\n");
  }
  for (size_t column = 0; column < std::size(kColumns); ++column) {
    out += "  { rank=same;";
    for (size_t i = 0; i < picture.boxes().size(); ++i)
      if (picture.boxes()[i].column == column) out += concat(" n", i, ";");
    out += " }\n";
  }
  for (const auto& [from, to, label, shared] : picture.edges())
    out += concat("  n", from, " -- n", to, label.empty() ? "" : concat(" [label=\"", label, "\"]"),
                  shared ? " [style=dashed]" : "", ";\n");
  return out + "}\n";
}

std::string map_svg(const Map& map) {
  const Picture picture(map);
  const auto places = places_of(picture.boxes());
  size_t width = kGap, height = kTop;
  std::string body;
  for (const auto& edge : picture.edges()) body += edge_svg(edge, places);
  for (size_t i = 0; i < places.size(); ++i) {
    body += box_svg(picture.boxes()[i], places[i]);
    width = std::max(width, places[i].x + places[i].width + kBetween / 2);
    height = std::max(height, places[i].y + places[i].height + kGap);
  }
  for (size_t column = 0; column < std::size(kColumns); ++column) {
    const auto of = std::ranges::find(picture.boxes(), column, &Box::column);
    if (of == picture.boxes().end()) continue;
    const auto& place = places[static_cast<size_t>(of - picture.boxes().begin())];
    body += text_at(place.x, kTop - kGap, "head", kColumns[column]);
  }
  return concat(R"(<svg xmlns="http://www.w3.org/2000/svg" width=")", width, "\" height=\"", height,
                "\">\n", kStyle, body, "</svg>\n");
}

}  // namespace gaol::net
