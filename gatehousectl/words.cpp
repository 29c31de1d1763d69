#include "gatehousectl/words.hpp"

#include <utility>

namespace gatehouse::gatehousectl {

Outcome<std::vector<std::string>> split_words(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == quote) {
            quote = 0;
        } else if (c == '\\' && quote != '\'') {
            if (++i == text.size()) return misused("The command ends with a backslash.");
            word += text[i];
            in_word = true;
        } else if (quote != 0) {
            word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (std::exchange(in_word, false)) words.push_back(std::exchange(word, {}));
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) return misused(std::string("The command has a quote (") + quote + ") that does not end.");
    if (in_word) words.push_back(word);
    if (words.empty() || words.front().empty()) return misused("The command is empty.", "Name a program.");
    return words;
}

}  // namespace gatehouse::gatehousectl
