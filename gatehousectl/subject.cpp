#include "gatehousectl/subject.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

namespace {

constexpr auto members = std::to_array<std::pair<std::string_view, const char*>>({{"CN", "common_name"},
                                                                                  {"O", "organization"},
                                                                                  {"OU", "organizational_unit"},
                                                                                  {"L", "locality"},
                                                                                  {"ST", "state"},
                                                                                  {"C", "country"}});

// Escaped commas and the like lose their backslash.
std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            parts.back() += text[++i];
        } else if (text[i] == ',') {
            parts.emplace_back();
        } else {
            parts.back() += text[i];
        }
    }
    return parts;
}

const char* member_of(std::string_view type) {
    const auto same = [&](const auto& member) {
        return std::equal(type.begin(), type.end(), member.first.begin(), member.first.end(),
                          [](char typed, char known) { return (typed & ~0x20) == known; });
    };
    const auto found = std::find_if(members.begin(), members.end(), same);
    return found == members.end() ? nullptr : found->second;
}

}  // namespace

Outcome<nlohmann::json> parse_subject(std::string_view text) {
    auto subject = nlohmann::json::object();
    for (const std::string& part : split(text)) {
        const auto equals = part.find('=');
        const auto type = base::trimmed(std::string_view(part).substr(0, equals));
        const auto value = equals == std::string::npos ? "" : base::trimmed(std::string_view(part).substr(equals + 1));
        const char* member = member_of(type);
        if (member == nullptr || value.empty() || subject.contains(member)) {
            return misused(
                "--subject: \"" + base::printable(part) + "\" is no part of a subject, or there twice.",
                "Write it as CN=gw.example.com,O=Example,C=DE, of CN, O, OU, L, ST and C; a comma in a value as \\,.");
        }
        subject[member] = value;
    }
    return subject;
}

}  // namespace gatehouse::gatehousectl
