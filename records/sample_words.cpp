#include "records/sample_words.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::int64_t scores_of_ten = 10;
constexpr std::size_t longest_search = 256;
constexpr std::size_t shortest_checksum = 8;  // fewer digits begin too many
constexpr std::int64_t most_contents = 100;   // that a few digits stand for

std::string mark(char kind, std::int64_t number) {
    return kind + std::to_string(number);
}

// ---- writing

Result<std::string> marks_of(Database& database, const Sample& sample) {
    const Ownership& owner = sample.owner;
    std::string marks = "any " + mark('u', owner.user_id) + " " +
                        mark(owner.is_private ? 'r' : 'o', owner.organization_id) + " " +
                        std::string(name(sample.state));
    if (sample.content_id != 0) marks += " " + mark('c', sample.content_id);
    if (sample.score) marks += " " + mark('d', *sample.score / scores_of_ten);
    const auto tags = database.query("SELECT tag_id FROM sample_tags WHERE sample = $1", {sample.number});
    if (!tags) return base::fail(tags.error());
    for (const Row& tag : *tags)
        marks += " " + mark('t', tag.integer(0));
    return marks;
}

// ---- asking

// One condition on the marks; the index knows it as a text of its own language. None of these comes from outside.
std::string marked(std::string_view alternatives) {
    return "{marks} : (" + std::string(alternatives) + ")";
}

std::string phrase(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        out += c;
        if (c == '"') out += c;
    }
    return out + "\"";
}

// "", or what narrows to what the viewer may see.
std::string visible(const Viewer& viewer) {
    if (viewer.sees_all) return {};
    return marked(mark('u', viewer.user_id) + " OR " + mark('o', viewer.organization_id));
}

std::string of_organization(const Viewer& viewer) {
    const std::string user = mark('u', viewer.user_id);
    const std::string open = mark('o', viewer.organization_id);
    const std::string closed = mark('r', viewer.organization_id);
    return viewer.sees_all ? marked(open + " OR " + closed) : marked(open + " OR (" + closed + " AND " + user + ")");
}

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The marks of contents, as alternatives; "" where there are none.
std::string marks_of_contents(const Rows& contents) {
    std::vector<std::string> marks;
    marks.reserve(contents.size());
    for (const Row& content : contents)
        marks.push_back(mark('c', content.integer(0)));
    return base::joined(marks, " OR ");
}

// The marks of the contents of this checksum; its length says which of the three it is.
Result<std::string> contents_of_checksum(Database& database, std::string_view checksum, std::size_t digits) {
    const std::string wanted = lower_case(base::trimmed(checksum));
    if (wanted.size() != digits || !is_hex(wanted)) return std::string();
    const std::string_view sql = digits == md5_digits    ? "SELECT id FROM contents WHERE md5 = $1 LIMIT $2"
                                 : digits == sha1_digits ? "SELECT id FROM contents WHERE sha1 = $1 LIMIT $2"
                                                         : "SELECT id FROM contents WHERE sha256 = $1 LIMIT $2";
    const auto rows = database.query(sql, {wanted, most_contents});
    if (!rows) return base::fail(rows.error());
    return marks_of_contents(*rows);
}

// The marks of the contents whose checksums begin with `digits`; "" where there are none or `digits` are too few.
Result<std::string> contents_that_begin(Database& database, const std::string& digits) {
    if (digits.size() < shortest_checksum || digits.size() > sha256_digits || !is_hex(digits)) return std::string();
    constexpr char behind_all_digits = 'g';
    const auto rows = database.query(
        "SELECT id FROM contents WHERE sha256 >= $1 AND sha256 < $2 UNION "
        "SELECT id FROM contents WHERE sha1 >= $1 AND sha1 < $2 UNION "
        "SELECT id FROM contents WHERE md5 >= $1 AND md5 < $2 LIMIT $3",
        {digits, digits + behind_all_digits, most_contents});
    if (!rows) return base::fail(rows.error());
    return marks_of_contents(*rows);
}

// Whether the index finds a word in it at all: one of punctuation alone would find nothing.
bool has_word(std::string_view text) {
    constexpr std::uint32_t ascii_end = 0x80;
    constexpr std::uint32_t letters_begin = 0xC0;
    while (!text.empty()) {
        const base::Character character = base::first_character(text);
        const auto c = static_cast<char>(character.code);
        const bool punctuation = (character.code >= 0x2000 && character.code <= 0x206F) ||
                                 (character.code >= 0x3000 && character.code <= 0x3003);
        if (character.code < ascii_end ? base::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                                       : character.code >= letters_begin && !punctuation) {
            return true;
        }
        text.remove_prefix(std::max<std::size_t>(character.length, 1));
    }
    return false;
}

Result<void> check_search(std::string_view text, std::string_view what) {
    if (text.size() > longest_search) {
        return base::fail(ErrorKind::input, "search_invalid",
                          std::string(what) + " is longer than " + std::to_string(longest_search) + " bytes.");
    }
    if (text.find('\0') != std::string_view::npos || !base::is_utf8(text)) {
        return base::fail(ErrorKind::input, "text_invalid", std::string(what) + " is no UTF-8 text.");
    }
    return {};
}

// Narrows `parts` by each word of a search. False: there is something in it, but no word, so that nothing fits.
Result<bool> narrow_by_words(Database& database, std::string_view text, std::vector<std::string>& parts) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    constexpr std::size_t most_words = 16;  // each is looked for among all samples
    std::size_t words = 0;
    if (auto checked = check_search(text, "The search"); !checked) return base::fail(checked.error());
    const bool says_something = !base::trimmed(text, blanks).empty();
    bool found_word = false;
    for (auto rest = base::trimmed(text, blanks); !rest.empty(); rest = base::trimmed(rest, blanks)) {
        const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
        rest.remove_prefix(word.size());
        if (!has_word(word)) continue;
        found_word = true;
        std::string part = "{name login tags} : (" + phrase(lower_case(word)) + " *)";
        const auto contents = contents_that_begin(database, lower_case(word));
        if (!contents) return base::fail(contents.error());
        if (!contents->empty()) part = "(" + part + " OR " + marked(*contents) + ")";
        if (std::find(parts.begin(), parts.end(), part) != parts.end()) continue;
        if (++words > most_words) {
            return base::fail(ErrorKind::input, "search_invalid",
                              "A search takes at most " + std::to_string(most_words) + " different words.",
                              "Leave out those that say least.");
        }
        parts.push_back(std::move(part));
    }
    return found_word || !says_something;
}

// The tens that scores of at least `lowest` lie in.
std::string tens_from(std::int64_t lowest) {
    constexpr std::int64_t highest = 100;
    std::vector<std::string> marks;
    for (std::int64_t ten = std::max<std::int64_t>(lowest, 0) / scores_of_ten; ten <= highest / scores_of_ten; ++ten)
        marks.push_back(mark('d', ten));
    return base::joined(marks, " OR ");
}

// What stands for a tag; "" where no sample ever had it.
Result<std::string> mark_of_tag(Database& database, std::string_view tag) {
    if (auto checked = check_search(tag, "The tag"); !checked) return base::fail(checked.error());
    const auto rows = database.query("SELECT id FROM tags WHERE folded = $1", {lower_case(base::trimmed(tag, " \t"))});
    if (!rows) return base::fail(rows.error());
    return rows->empty() ? std::string() : mark('t', rows->front().integer(0));
}

// What each member that names a thing stands for, as alternatives of marks; an empty one: nothing fits.
Result<std::vector<std::string>> named(Database& database, const SampleFilter& filter) {
    std::vector<std::string> all;
    const auto add = [&](Result<std::string> marks) -> Result<void> {
        if (!marks) return base::fail(marks.error());
        all.push_back(std::move(*marks));
        return {};
    };
    const std::size_t any_digits = filter.checksum ? base::trimmed(*filter.checksum).size() : 0;
    const bool known_length = any_digits == md5_digits || any_digits == sha1_digits || any_digits == sha256_digits;
    for (const auto& [checksum, digits] : {std::pair(&filter.md5, md5_digits), std::pair(&filter.sha1, sha1_digits),
                                           std::pair(&filter.sha256, sha256_digits),
                                           std::pair(&filter.checksum, known_length ? any_digits : sha256_digits)}) {
        if (!*checksum) continue;
        if (auto added = add(contents_of_checksum(database, **checksum, digits)); !added)
            return base::fail(added.error());
    }
    if (filter.tag) {
        if (auto added = add(mark_of_tag(database, *filter.tag)); !added) return base::fail(added.error());
    }
    if (filter.state) all.emplace_back(name(*filter.state));
    if (filter.min_score) all.push_back(tens_from(*filter.min_score));
    return all;
}

}  // namespace

Result<void> index_sample(Database& database, const Sample& sample) {
    const auto marks = marks_of(database, sample);
    if (!marks) return base::fail(marks.error());
    const auto written =
        database.change("REPLACE INTO sample_words (rowid, name, login, tags, marks) VALUES ($1, $2, $3, $4, $5)",
                        {sample.number, sample.url.empty() ? sample.filename : sample.filename + " " + sample.url,
                         sample.login, base::joined(sample.tags, " "), *marks});
    if (!written) return base::fail(written.error());
    return {};
}

Result<void> unindex_sample(Database& database, std::int64_t number) {
    const auto gone = database.change("DELETE FROM sample_words WHERE rowid = $1", {number});
    if (!gone) return base::fail(gone.error());
    return {};
}

Result<std::optional<std::string>> match_of(Database& database, const Viewer& viewer, const SampleFilter& filter) {
    std::vector<std::string> parts;
    if (std::string part = visible(viewer); !part.empty()) parts.push_back(std::move(part));
    if (filter.own_only) parts.push_back(marked(mark('u', viewer.user_id)));
    if (filter.organization_only) parts.push_back(of_organization(viewer));
    const auto things = named(database, filter);
    if (!things) return base::fail(things.error());
    for (const std::string& marks : *things) {
        if (marks.empty()) return std::nullopt;
        parts.push_back(marked(marks));
    }
    if (filter.path) {
        if (auto checked = check_search(*filter.path, "The path"); !checked) return base::fail(checked.error());
        if (!has_word(*filter.path)) return std::nullopt;
        parts.push_back("{name} : (" + phrase(*filter.path) + " *)");
    }
    if (filter.words) {
        const auto narrowed = narrow_by_words(database, *filter.words, parts);
        if (!narrowed) return base::fail(narrowed.error());
        if (!*narrowed) return std::nullopt;
    }
    if (parts.empty()) parts.push_back(marked("any"));
    return base::joined(parts, " AND ");
}

std::string match_of_content(const Viewer& viewer, std::int64_t content_id) {
    const std::string scope = visible(viewer);
    return marked(mark('c', content_id)) + (scope.empty() ? "" : " AND " + scope);
}

}  // namespace gatehouse::records
