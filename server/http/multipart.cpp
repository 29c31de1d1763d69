#include "server/http/multipart.hpp"

#include "server/http/accept.hpp"
#include "server/http/list.hpp"
#include "server/http/parameters.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::http {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view block_end = "\r\n\r\n";

// memmem and not string_view::find, which looks for the first byte and then compares: in a body of nothing but CR that
// is seventy times as slow.
std::size_t find(std::string_view text, std::string_view sought) {
    const void* const found = ::memmem(text.data(), text.size(), sought.data(), sought.size());
    return found == nullptr ? std::string_view::npos
                            : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// bchars of RFC 2046 section 5.1.1; a space may not be the last one.
bool is_boundary(std::string_view text) {
    constexpr std::string_view beside_letters = "0123456789'()+_,-./:=? ";
    constexpr std::size_t longest = 70;
    const auto may_be_in = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || beside_letters.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= longest && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(), may_be_in);
}

// How much of a delimiter `text` ends with. A delimiter holds CR at its beginning alone, so only the last CR of the
// text can begin one.
std::size_t begun_delimiter(std::string_view text, std::string_view delimiter) {
    const auto tail = text.substr(text.size() - std::min(text.size(), delimiter.size() - 1));
    const auto begin = tail.rfind('\r');
    if (begin == std::string_view::npos) return 0;
    const auto candidate = tail.substr(begin);
    return delimiter.starts_with(candidate) ? candidate.size() : 0;
}

}  // namespace

Judged<std::string> form_boundary(const Request& request) {
    const auto type = parse_media_type(request.find("Content-Type").value_or(std::string_view()));
    if (!type || body_type(request) != BodyType::multipart) {
        return tl::unexpected<Refusal>(
            {415, "unsupported_media_type", "This address takes a form: Content-Type: multipart/form-data."});
    }
    const auto* boundary = type->find("boundary");
    if (boundary == nullptr || !is_boundary(*boundary)) return refuse(Flaw::form_boundary);
    return *boundary;
}

MultipartParser::MultipartParser(std::string_view boundary, const MultipartLimits& limits, PartSink& sink)
    : delimiter_(line_end), limits_(limits), sink_(sink) {
    delimiter_.append("--").append(boundary);
    expect_content(Expected::preamble);
}

// A delimiter begins with the CRLF of the line before it. At the beginning of the body, and after the empty line of a
// header, that line is not part of the content; so it counts as read already.
void MultipartParser::expect_content(Expected kind) {
    expected_ = kind;
    matched_ = borrowed_ = line_end.size();
}

Judged<void> MultipartParser::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        Judged<void> judged;
        switch (expected_) {
            case Expected::preamble:
            case Expected::data:
                judged = matched_ > 0 ? continue_delimiter(bytes) : take_content(bytes);
                break;
            case Expected::delimiter_end:
            case Expected::second_hyphen:
            case Expected::padding:
            case Expected::line_feed:
                judged = take_delimiter_end(bytes.front());
                bytes.remove_prefix(1);
                break;
            case Expected::header:
                judged = take_header(bytes);
                break;
            case Expected::nothing:
                return {};
        }
        if (!judged) return judged;
    }
    return {};
}

Judged<void> MultipartParser::finish() const {
    if (expected_ != Expected::nothing) return refuse(Flaw::form_unfinished);
    return {};
}

// Content up to the next delimiter, or up to where one may have begun.
Judged<void> MultipartParser::take_content(std::string_view& bytes) {
    const auto found = find(bytes, delimiter_);
    if (found != std::string_view::npos) {
        const auto content = bytes.substr(0, found);
        bytes.remove_prefix(found + delimiter_.size());
        if (auto told = tell_content(content); !told) return told;
        return end_content();
    }
    matched_ = begun_delimiter(bytes, delimiter_);
    const auto content = bytes.substr(0, bytes.size() - matched_);
    bytes = {};
    return tell_content(content);
}

// The content so far ends with a part of the delimiter; the rest of it follows, or else that part was content.
Judged<void> MultipartParser::continue_delimiter(std::string_view& bytes) {
    const auto rest = std::string_view(delimiter_).substr(matched_);
    const auto same = std::mismatch(rest.begin(), rest.end(), bytes.begin(), bytes.end()).first - rest.begin();
    matched_ += static_cast<std::size_t>(same);
    bytes.remove_prefix(static_cast<std::size_t>(same));
    if (matched_ == delimiter_.size()) return end_content();
    if (bytes.empty()) return {};
    const auto content = std::string_view(delimiter_).substr(borrowed_, matched_ - borrowed_);
    matched_ = borrowed_ = 0;
    return tell_content(content);
}

Judged<void> MultipartParser::tell_content(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (expected_ == Expected::data) return sink_.data(bytes);
    preamble_ += bytes.size();
    if (preamble_ > limits_.preamble_bytes) return refuse(Flaw::form_preamble_too_large);
    return {};
}

Judged<void> MultipartParser::end_content() {
    const bool ends_part = expected_ == Expected::data;
    matched_ = borrowed_ = 0;
    expected_ = Expected::delimiter_end;
    return ends_part ? sink_.end_part() : Judged<void>();
}

Judged<void> MultipartParser::take_delimiter_end(char c) {
    if (expected_ == Expected::second_hyphen) {
        if (c != '-') return refuse(Flaw::form_delimiter);
        expected_ = Expected::nothing;
        return sink_.end_form();
    }
    if (expected_ == Expected::line_feed) {
        if (c != '\n') return refuse(Flaw::form_delimiter);
        if (++parts_ > limits_.parts) return refuse(Flaw::form_too_many_parts);
        expected_ = Expected::header;
        header_.clear();
    } else if (c == '-' && expected_ == Expected::delimiter_end) {
        expected_ = Expected::second_hyphen;
    } else if (is_blank(c)) {
        expected_ = Expected::padding;
    } else if (c == '\r') {
        expected_ = Expected::line_feed;
    } else {
        return refuse(Flaw::form_delimiter);
    }
    return {};
}

Judged<void> MultipartParser::take_header(std::string_view& bytes) {
    const auto before = header_.size();
    header_.append(bytes.substr(0, limits_.header_bytes - before));
    std::size_t length = 0;
    if (header_.starts_with(line_end)) {
        length = line_end.size();  // no line at all
    } else {
        const auto from = before - std::min(before, block_end.size() - 1);
        const auto end = find(std::string_view(header_).substr(from), block_end);
        if (end == std::string_view::npos) {
            if (header_.size() == limits_.header_bytes) return refuse(Flaw::form_part_header_too_large);
            bytes = {};
            return {};
        }
        length = from + end + block_end.size();
    }
    header_.resize(length);
    bytes.remove_prefix(length - before);
    return begin_part();
}

Judged<void> MultipartParser::begin_part() {
    PartHeader header;
    if (const Flaw flaw = read_part_header(header_, limits_.name_bytes, header); flaw != Flaw::none)
        return refuse(flaw);
    expect_content(Expected::data);
    return sink_.begin_part(std::move(header));
}

}  // namespace gatehouse::http
