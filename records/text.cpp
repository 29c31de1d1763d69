#include "records/text.hpp"

#include "base/utf8.hpp"

#include <cstdint>

namespace gatehouse::records {

namespace {

bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

}  // namespace

bool is_printable(std::string_view text) {
    while (!text.empty()) {
        const base::Character character = base::first_character(text);
        if (character.length == 0 || is_control(character.code)) return false;
        text.remove_prefix(character.length);
    }
    return true;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const base::Character character = base::first_character(text);
        const bool replaced = character.length == 0 || is_control(character.code);
        const std::string_view added = replaced ? std::string_view("?") : text.substr(0, character.length);
        if (out.size() + added.size() > limit) break;
        out += added;
        text.remove_prefix(character.length == 0 ? 1 : character.length);
    }
    return out;
}

}  // namespace gatehouse::records
