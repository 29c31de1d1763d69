#include "gatehousectl/tables.hpp"

#include "base/printable.hpp"
#include "gatehousectl/text.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace gatehouse::gatehousectl {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 16;  // a column that breaks is made no narrower: one word a line reads badly

}  // namespace

std::vector<std::string> broken_into_lines(const std::string& text, std::size_t width) {
    std::vector<std::string> lines;
    std::string_view rest = text;
    while (columns_of(rest) > width) {
        std::size_t end = bytes_within(rest, width);
        std::size_t next = end;
        if (end == rest.size()) break;  // one character that is wider than the line
        if (rest[end] == ' ') {
            next = end + 1;
        } else if (const auto space = rest.rfind(' ', end); space != std::string_view::npos && space > 0) {
            end = space;
            next = space + 1;
        }
        lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(next);
    }
    lines.emplace_back(rest);
    return lines;
}

void Table::add(std::vector<std::string> cells) {
    for (std::string& cell : cells)
        cell = base::printable(cell);
    cells.resize(columns_.size());
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths(std::size_t width) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = columns_of(columns_[i].title);
        for (const auto& row : rows_)
            widest = std::max(widest, columns_of(row[i]));
        widths.push_back(widest);
    }
    const std::size_t room = width - std::min(width, gap * (columns_.size() - 1));
    while (width != 0 && std::accumulate(widths.begin(), widths.end(), std::size_t{0}) > room) {
        std::size_t* widest = nullptr;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (!columns_[i].breaks || widths[i] <= std::max(narrowest, columns_of(columns_[i].title))) continue;
            if (widest == nullptr || widths[i] > *widest) widest = &widths[i];
        }
        if (widest == nullptr) break;  // narrower than it can be: the terminal breaks the lines
        --*widest;
    }
    return widths;
}

// One row, which takes as many lines as its longest cell.
void Table::append(std::string& out, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                   std::size_t indent) const {
    std::vector<std::vector<std::string>> lines;
    std::size_t height = 1;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        lines.push_back(broken_into_lines(cells[i], widths[i]));
        height = std::max(height, lines.back().size());
    }
    for (std::size_t n = 0; n < height; ++n) {
        std::string line(indent, ' ');
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string cell = n < lines[i].size() ? lines[i][n] : "";
            const std::string fill(widths[i] - std::min(widths[i], columns_of(cell)), ' ');
            line += columns_[i].align == Align::right ? fill + cell : cell + fill;
            line += std::string(gap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
}

std::string Table::text(std::size_t width, std::size_t indent) const {
    const std::size_t least = indent + 1;
    const auto widths = this->widths(width == 0 ? 0 : std::max(width, least) - indent);
    std::string out;
    std::vector<std::string> titles;
    for (const Column& column : columns_)
        titles.push_back(column.title);
    const bool titled = std::any_of(titles.begin(), titles.end(), [](const auto& title) { return !title.empty(); });
    if (titled) append(out, titles, widths, indent);
    for (const auto& row : rows_)
        append(out, row, widths, indent);
    return out;
}

}  // namespace gatehouse::gatehousectl
