// Tables for people: columns aligned by what a terminal shows, long texts broken into lines so that nothing is lost.
// Whatever a cell holds, it cannot move the cursor. A value; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl {

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    bool breaks = false;  ///< its texts may go on in the next line where the terminal is too narrow
};

class Table {
public:
    /// Without any title there is no line of titles.
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns.
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }

    /// Lines that end in \n. `width`: columns of the terminal, 0: no bound. Each line begins with `indent` spaces.
    [[nodiscard]] std::string text(std::size_t width, std::size_t indent = 0) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths(std::size_t width) const;
    void append(std::string& out, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                std::size_t indent) const;

    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// `text` in lines of at most `width` columns, broken at spaces, or within words that are longer.
[[nodiscard]] std::vector<std::string> broken_into_lines(const std::string& text, std::size_t width);

}  // namespace gatehouse::gatehousectl
