#include "config/nearest_name.hpp"

#include <algorithm>
#include <cstddef>

namespace gatehouse::config {

namespace {

constexpr std::size_t longest_word = 64;  // no name is longer, and the work grows with the square

// How many letters must be added, removed or changed to get from one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

// Lower case, and with the signs that people put between words made equal.
std::string folded(std::string_view word) {
    std::string out;
    for (const char c : word) {
        if (c == '_' || c == '-' || c == ' ') continue;
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string_view>& known) {
    if (word.size() > longest_word) return {};
    const std::string wanted = folded(word);
    std::string_view best;
    std::size_t least = 1 + std::max<std::size_t>(2, wanted.size() / 3);  // more would be another word
    for (const std::string_view name : known) {
        const std::size_t distance = edit_distance(wanted, folded(name));
        if (distance < least) {
            least = distance;
            best = name;
        }
    }
    return std::string(best);
}

}  // namespace gatehouse::config
