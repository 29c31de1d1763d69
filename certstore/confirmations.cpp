#include "certstore/confirmations.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace gatehouse::certstore {

namespace {

// What `judge` warns with.
constexpr std::array<std::string_view, 8> warnings{"expired",           "not_yet_valid",    "expires_soon",
                                                   "hostname_mismatch", "chain_incomplete", "key_mode",
                                                   "key_owner",         "browsers_refuse"};

base::Result<void> check(std::string_view code) {
    if (std::find(warnings.begin(), warnings.end(), code) != warnings.end()) return {};
    constexpr std::size_t longest = 40;  // no code is
    std::string shown(code.substr(0, longest));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return base::fail(base::ErrorKind::input, "confirm_invalid",
                      "\"" + shown + "\" is no warning that can be confirmed.",
                      "These can: " + base::joined(warnings, ", ") + ".");
}

}  // namespace

base::Result<std::vector<std::string>> confirmed_codes(std::string_view text) {
    std::vector<std::string> codes;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view code = base::trimmed(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (code.empty()) continue;
        if (auto known = check(code); !known) return base::fail(known.error());
        codes.emplace_back(code);
    }
    return codes;
}

std::vector<Finding> unconfirmed(std::span<const Finding> findings, std::span<const std::string> confirmed) {
    std::vector<Finding> missing;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(missing), [&](const Finding& finding) {
        return finding.severity == Severity::warn &&
               std::find(confirmed.begin(), confirmed.end(), finding.code) == confirmed.end();
    });
    return missing;
}

}  // namespace gatehouse::certstore
