#include "gatehousectl/response_reader.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gatehouse::gatehousectl {

namespace {

using base::Result;

constexpr std::size_t longest_quote = 80;

tl::unexpected<base::Error> invalid(std::string_view what, std::string_view line) {
    return base::fail(base::ErrorKind::unavailable, "response_invalid",
                      "The answer is not HTTP as a gatehoused speaks it: " + std::string(what) + " (\"" +
                          base::printable(line.substr(0, longest_quote)) + "\").");
}

tl::unexpected<base::Error> too_large(std::string_view what, std::size_t limit) {
    return base::fail(base::ErrorKind::unavailable, "response_too_large",
                      "The answer's " + std::string(what) + " has more than " + std::to_string(limit) + " bytes.");
}

bool is_token(char c) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return base::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// All of `text` as a number; nullopt where it is anything else, or beyond 2^63 - 1.
std::optional<std::uint64_t> number(std::string_view text, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || text.empty() || end != text.data() + text.size() || value >> 63U != 0) return {};
    return value;
}

}  // namespace

std::string_view ResponseHead::field(std::string_view name) const {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

Result<void> ResponseReader::feed(std::string_view bytes) {
    while (!bytes.empty() && !complete()) {
        const bool in_body =
            expected_ == Expected::counted || expected_ == Expected::until_close || expected_ == Expected::chunk;
        const auto taken = in_body ? take_body_bytes(bytes) : take_line_bytes(bytes);
        if (!taken) return base::fail(taken.error());
        bytes.remove_prefix(*taken);
    }
    return {};
}

Result<void> ResponseReader::end() {
    if (expected_ == Expected::until_close) expected_ = Expected::nothing;
    if (complete()) return {};
    return base::fail(base::ErrorKind::unavailable, "response_incomplete",
                      head_complete() ? "The connection ended in the middle of the answer."
                                      : "The connection ended without an answer.");
}

Result<std::size_t> ResponseReader::take_body_bytes(std::string_view bytes) {
    const bool open = expected_ == Expected::until_close;
    const std::size_t count =
        open ? bytes.size() : static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    if (count > body_limit_ - body_taken_) return too_large("body", body_limit_);
    body_.append(bytes, 0, count);
    if (body_limit_ != unlimited) body_taken_ += count;
    if (open) return count;
    left_ -= count;
    if (left_ == 0) expected_ = expected_ == Expected::chunk ? Expected::chunk_end : Expected::nothing;
    return count;
}

Result<std::size_t> ResponseReader::take_line_bytes(std::string_view bytes) {
    const auto end = bytes.find('\n');
    const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
    // A stream that never ends has chunk sizes without end, too: there each line is bounded for itself.
    const bool endless = body_limit_ == unlimited && head_complete();
    header_taken_ = (endless ? line_.size() : header_taken_) + count;
    if (header_taken_ > header_bytes) return too_large("head", header_bytes);
    line_.append(bytes, 0, count);
    if (end == std::string_view::npos) return count;
    if (!line_.ends_with("\r\n")) return invalid("a line ends without a carriage return", line_);
    const std::string line = line_.substr(0, line_.size() - 2);
    line_.clear();
    if (const auto control = std::find_if(line.begin(), line.end(), is_control); control != line.end()) {
        return invalid("a control character", line);
    }
    if (const auto taken = take_line(line); !taken) return base::fail(taken.error());
    return count;
}

Result<void> ResponseReader::take_line(std::string_view line) {
    switch (expected_) {
        case Expected::status_line:
            return take_status_line(line);
        case Expected::field:
            return line.empty() ? end_head() : take_field(line);
        case Expected::chunk_size:
            return take_chunk_size(line);
        case Expected::chunk_end:
            if (!line.empty()) return invalid("a chunk is longer than its size", line);
            expected_ = Expected::chunk_size;
            return {};
        case Expected::trailer:
            if (line.empty()) expected_ = Expected::nothing;
            return {};
        default:
            return {};
    }
}

Result<void> ResponseReader::take_status_line(std::string_view line) {
    constexpr std::string_view version = "HTTP/1.";
    constexpr std::size_t status_at = 9;  // HTTP/1.1 200
    constexpr std::size_t status_end = status_at + 3;
    if (!line.starts_with(version) || line.size() < status_end || !base::is_digit(line[7]) || line[8] != ' ' ||
        (line.size() > status_end && line[status_end] != ' ')) {
        return invalid("no status line", line);
    }
    const auto status = number(line.substr(status_at, 3), 10);
    if (!status || *status < 100 || *status > 599) return invalid("no status", line);
    head_.status = static_cast<int>(*status);
    expected_ = Expected::field;
    return {};
}

Result<void> ResponseReader::take_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 ||
        !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_token)) {
        return invalid("no header field", line);
    }
    head_.fields.emplace_back(lower(line.substr(0, colon)), base::trimmed(line.substr(colon + 1), " \t"));
    return {};
}

// Interim responses (100 Continue) are dropped; else decides how the body ends.
Result<void> ResponseReader::end_head() {
    constexpr int switching = 101;
    constexpr int no_content = 204;
    constexpr int not_modified = 304;
    if (head_.status == switching) return invalid("it changes the protocol", "101");
    if (head_.status < 200) {
        head_ = {};
        expected_ = Expected::status_line;
        return {};
    }
    std::optional<std::string> length;
    bool chunked = false;
    for (const auto& [name, value] : head_.fields) {
        if (name == "transfer-encoding") {
            if (chunked || lower(value) != "chunked") return invalid("a transfer coding other than chunked", value);
            chunked = true;
        }
        if (name == "content-length") {
            if (length && *length != value) return invalid("two lengths", value);
            length = value;
        }
    }
    if (chunked && length) return invalid("both a length and chunks", *length);
    if (head_.status == no_content || head_.status == not_modified) {
        expected_ = Expected::nothing;
    } else if (chunked) {
        expected_ = Expected::chunk_size;
    } else if (length) {
        const auto count = number(*length, 10);
        if (!count) return invalid("no length", *length);
        left_ = *count;
        expected_ = left_ == 0 ? Expected::nothing : Expected::counted;
        if (left_ > body_limit_) return too_large("body", body_limit_);
    } else {
        expected_ = Expected::until_close;
    }
    return {};
}

Result<void> ResponseReader::take_chunk_size(std::string_view line) {
    const std::string_view digits = base::trimmed(line.substr(0, line.find(';')), " \t");
    const auto size = number(digits, 16);
    if (!size) return invalid("no chunk size", line);
    left_ = *size;
    expected_ = left_ == 0 ? Expected::trailer : Expected::chunk;
    return {};
}

}  // namespace gatehouse::gatehousectl
