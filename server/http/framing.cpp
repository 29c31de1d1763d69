#include "server/http/framing.hpp"

#include "base/text.hpp"
#include "server/http/list.hpp"
#include "server/http/request.hpp"

#include <arpa/inet.h>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <netinet/in.h>

namespace gatehouse::http {

namespace {

// What a byte may be part of, one bit each.
enum : std::uint8_t { in_token = 1, in_target = 2, in_host = 4 };

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    const auto add = [&](std::string_view characters, unsigned what) {
        for (const char c : characters) {
            auto& entry = classes[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint8_t>(entry | what);
        }
    };
    for (unsigned c = 0x21; c <= 0x7e; ++c)
        classes[c] = c == '#' ? 0 : in_target;
    add("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~", in_token | in_host);
    add("!#$%&'*+^`|", in_token);
    return classes;
}
constexpr auto classes = make_classes();

bool is(char c, std::uint8_t what) {
    return (classes[static_cast<unsigned char>(c)] & what) != 0;
}

// Length of the run of characters of one class that `text` begins with.
std::size_t run(std::string_view text, std::uint8_t what) {
    std::size_t length = 0;
    while (length < text.size() && is(text[length], what))
        ++length;
    return length;
}

// Whether `text`, which holds no control characters, is `lower` (lower-case letters, digits, '-') without regard to
// case. Word by word: same_name's loop was a tenth of what judging a request cost.
template <std::size_t size>
bool is_word(std::string_view text, const char (&lower)[size]) {
    constexpr std::size_t length = size - 1;
    if (text.size() != length) return false;
    const auto same = [&]<class Word>(Word, std::size_t at) {
        Word left = 0;
        Word right = 0;
        std::memcpy(&left, text.data() + at, sizeof(Word));
        std::memcpy(&right, &lower[at], sizeof(Word));
        constexpr auto case_bits = static_cast<Word>(0x2020202020202020U);
        return (left | case_bits) == right;
    };
    if constexpr (length >= 8) {
        for (std::size_t at = 0; at + 8 < length; at += 8) {
            if (!same(std::uint64_t{}, at)) return false;
        }
        return same(std::uint64_t{}, length - 8);
    } else {
        static_assert(length >= 4);
        return same(std::uint32_t{}, 0) && same(std::uint32_t{}, length - 4);
    }
}

// Bytes of `word` that are below 0x20 or 0x7f have their top bit set in the result. A byte above such a one may be
// flagged wrongly (the borrow of the subtraction), the lowest flag is always right.
std::uint64_t control_bytes(std::uint64_t word) {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = 0x8080808080808080U;
    const std::uint64_t low = (word - ones * 0x20U) & ~word;
    const std::uint64_t without_delete = word ^ (ones * 0x7fU);
    return (low | ((without_delete - ones) & ~without_delete)) & tops;
}

bool valid_port(std::string_view port) {
    unsigned value = 0;
    for (const char c : port) {
        if (c < '0' || c > '9' || value > 6553) return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value <= 65535;
}

// host [":" port] (RFC 3986 section 3.2 without userinfo; see the header for what of reg-name is taken).
bool valid_host(std::string_view text) {
    std::size_t length = 0;
    if (text.starts_with('[')) {
        std::array<char, INET6_ADDRSTRLEN> address{};
        const auto close = text.find(']');
        if (close == std::string_view::npos || close > address.size()) return false;
        text.copy(address.data(), close - 1, 1);
        in6_addr parsed{};
        if (inet_pton(AF_INET6, address.data(), &parsed) != 1) return false;
        length = close + 1;
    } else {
        length = run(text, in_host);
        if (length == 0) return false;
    }
    if (length == text.size()) return true;
    return text[length] == ':' && valid_port(text.substr(length + 1));
}

Flaw split_target(HeadFacts& facts) {
    auto rest = facts.target;
    if (rest == "*") {
        facts.path = rest;
        return facts.method == "OPTIONS" ? Flaw::none : Flaw::target;
    }
    if (!rest.starts_with('/')) {
        const auto colon = rest.find("://");
        if (colon == std::string_view::npos) return Flaw::target;
        const auto scheme = rest.substr(0, colon);
        if (!is_word(scheme, "https") && !is_word(scheme, "http")) return Flaw::target;
        rest.remove_prefix(colon + 3);
        const auto end = rest.find_first_of("/?");
        facts.host = rest.substr(0, end);
        if (!valid_host(facts.host)) return Flaw::target;
        rest.remove_prefix(facts.host.size());
    }
    const auto question = rest.find('?');
    facts.path = question == 0 || rest.empty() ? std::string_view("/") : rest.substr(0, question);
    if (question != std::string_view::npos) facts.query = rest.substr(question + 1);
    return Flaw::none;
}

// request-line = method SP request-target SP HTTP-version CRLF; `used` is its length.
Flaw read_request_line(std::string_view block, HeadFacts& facts, std::size_t& used) {
    const auto method = run(block, in_token);
    if (method == 0 || method >= block.size() || block[method] != ' ') return Flaw::request_line;
    facts.method = block.substr(0, method);
    block.remove_prefix(method + 1);
    const auto target = run(block, in_target);
    if (target == block.size()) return Flaw::request_line;
    if (block[target] != ' ') return block[target] == '\r' ? Flaw::request_line : Flaw::target;
    if (target == 0) return Flaw::request_line;
    facts.target = block.substr(0, target);
    block.remove_prefix(target + 1);
    constexpr std::string_view version = "HTTP/1.1\r\n";
    if (block.size() < version.size() || !block.starts_with("HTTP/") || !base::is_digit(block[5]) || block[6] != '.' ||
        !base::is_digit(block[7]) || block[8] != '\r' || block[9] != '\n') {
        return Flaw::version;
    }
    if (block[5] != '1' || block[7] > '1') return Flaw::unknown_version;
    facts.minor_version = block[7] == '1' ? 1 : 0;
    used = method + 1 + target + 1 + version.size();
    return split_target(facts);
}

// What the fields said so far.
struct Seen {
    std::string_view host;
    bool has_host = false;
    bool coding = false;
    bool close = false;
    bool keep_alive = false;
};

Flaw take_length(std::string_view value, HeadFacts& facts) {
    if (facts.has_length) return Flaw::length_repeated;
    if (value.empty()) return Flaw::length_malformed;
    constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
    std::uint64_t length = 0;
    for (const char c : value) {
        if (!base::is_digit(c)) return Flaw::length_malformed;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (length > (largest - digit) / 10) return Flaw::length_malformed;
        length = length * 10 + digit;
    }
    facts.has_length = true;
    facts.length = length;
    return Flaw::none;
}

// RFC 9112 sections 6.1 and 6.3. A list that holds codings we don't know is 501 only where it is well formed and
// "chunked" is at most its last member.
Flaw take_coding(std::string_view value, Seen& seen, HeadFacts& facts) {
    if (seen.coding) return Flaw::coding_repeated;
    seen.coding = true;
    bool malformed = false;
    bool unknown = false;
    static_cast<void>(each_member(value, [&](std::string_view coding) {
        if (facts.chunked) malformed = true;  // something follows "chunked"
        const auto name = coding.substr(0, run(coding, in_token));
        if (is_word(coding, "chunked")) {
            facts.chunked = true;
        } else if (name.empty() || is_word(name, "chunked") ||
                   (name.size() < coding.size() && coding[name.size()] != ';' && !is_blank(coding[name.size()]))) {
            malformed = true;
        } else {
            unknown = true;
        }
        return true;
    }));
    if (malformed || (!unknown && !is_word(value, "chunked"))) return Flaw::coding_malformed;
    return unknown ? Flaw::coding_unknown : Flaw::none;
}

Flaw take_connection(std::string_view value, Seen& seen) {
    const bool sound = each_member(value, [&](std::string_view option) {
        if (is_word(option, "close")) seen.close = true;
        if (is_word(option, "keep-alive")) seen.keep_alive = true;
        return run(option, in_token) == option.size();
    });
    return sound ? Flaw::none : Flaw::connection_malformed;
}

// Fields that frame the message or the connection; the length of the name is the quickest first test.
Flaw take_field(const FieldLine& line, Seen& seen, HeadFacts& facts) {
    switch (line.name.size()) {
        case 4:
            if (!is_word(line.name, "host")) break;
            if (seen.has_host) return Flaw::host_repeated;
            seen.has_host = true;
            seen.host = line.value;
            return valid_host(line.value) ? Flaw::none : Flaw::host_malformed;
        case 6:
            if (!is_word(line.name, "expect")) break;
            if (!is_word(line.value, "100-continue")) return Flaw::expectation;
            facts.expects_continue = true;
            break;
        case 10:
            if (is_word(line.name, "connection")) return take_connection(line.value, seen);
            break;
        case 14:
            if (is_word(line.name, "content-length")) return take_length(line.value, facts);
            break;
        case 17:
            if (is_word(line.name, "transfer-encoding")) return take_coding(line.value, seen, facts);
            break;
        default:
            break;
    }
    return Flaw::none;
}

// What only the whole block can tell.
Flaw conclude(const Seen& seen, HeadFacts& facts) {
    const bool http_1_1 = facts.minor_version == 1;
    if (seen.coding && !http_1_1) return Flaw::coding_in_http_1_0;
    if (seen.coding && facts.has_length) return Flaw::length_and_coding;
    if (http_1_1 && !seen.has_host) return Flaw::host_missing;
    if (facts.host.empty()) facts.host = seen.host;
    facts.keep_alive = !seen.close && (http_1_1 || seen.keep_alive);
    // RFC 9110 section 10.1.1: the expectation of an HTTP/1.0 client is ignored.
    facts.expects_continue = facts.expects_continue && http_1_1;
    return Flaw::none;
}

Flaw read_head(std::string_view block, HeadFacts& facts) {
    std::size_t used = 0;
    if (const Flaw flaw = read_request_line(block, facts, used); flaw != Flaw::none) return flaw;
    block.remove_prefix(used);
    Seen seen;
    FieldLine line;
    Flaw first = Flaw::none;  // a flaw of meaning; one of grammar further down is told first
    while (!block.starts_with("\r\n")) {
        if (const Flaw flaw = read_field(block, line); flaw != Flaw::none) return flaw;
        block.remove_prefix(line.length);
        ++facts.fields;
        if (first == Flaw::none) first = take_field(line, seen, facts);
    }
    if (block.size() != 2) return Flaw::end_of_block;
    return first != Flaw::none ? first : conclude(seen, facts);
}

}  // namespace

std::size_t token_length(std::string_view text) {
    return run(text, in_token);
}

std::size_t find_control(std::string_view text) {
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        if (const auto found = control_bytes(word); found != 0) {
            return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
        }
    }
    for (; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c < 0x20 || c == 0x7f) break;
    }
    return at;
}

Flaw read_field(std::string_view text, FieldLine& line) {
    const auto name = run(text, in_token);
    if (name == text.size()) return Flaw::end_of_block;
    if (text[name] != ':') {
        if (!is_blank(text[name])) return Flaw::field_name;
        return name == 0 ? Flaw::folded_line : Flaw::space_before_colon;
    }
    if (name == 0) return Flaw::field_name;
    auto begin = name + 1;
    while (begin < text.size() && is_blank(text[begin]))
        ++begin;
    auto end = begin;
    while (true) {
        end += find_control(text.substr(end));
        if (end == text.size()) return Flaw::end_of_block;
        if (text[end] != '\t') break;
        ++end;
    }
    if (text[end] == '\n') return Flaw::bare_line_feed;
    if (text[end] != '\r' || end + 1 == text.size() || text[end + 1] != '\n') return Flaw::field_value;
    line.name = text.substr(0, name);
    line.length = end + 2;
    while (end > begin && is_blank(text[end - 1]))
        --end;
    line.value = text.substr(begin, end - begin);
    return Flaw::none;
}

Judged<HeadFacts> judge_head(std::string_view block) {
    Judged<HeadFacts> facts;
    if (const Flaw flaw = read_head(block, *facts); flaw != Flaw::none) return refuse(flaw);
    return facts;
}

}  // namespace gatehouse::http
