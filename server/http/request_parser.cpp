#include "server/http/request_parser.hpp"

#include "server/http/framing.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::http {

namespace {

namespace beast = boost::beast;

constexpr std::size_t most_fields = 100;
constexpr std::size_t inline_bytes = 512;  // most requests; keeps State below what malloc serves from its quick bins

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

// Beast's reader, with callbacks that keep views: its own containers cost an allocation and a copy per field. It lives
// only while the header block is parsed and never sees the body.
class HeadReader final : public beast::http::basic_parser<true> {
public:
    explicit HeadReader(Request& request) : request_(request) {}

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         beast::error_code&) override {
        request_.method_text = view(method);
        request_.target = view(target);
        request_.minor_version = version == 10 ? 0 : 1;
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       beast::error_code&) override {
        request_.fields.push_back({view(name), view(value)});
    }
    void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
    void on_header_impl(beast::error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
    std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
    void on_finish_impl(beast::error_code&) override {}

    Request& request_;
};

bool same_view(std::string_view left, std::string_view right) {
    return left.data() == right.data() && left.size() == right.size();
}

// Beast must have read the very same thing as http/framing.
Flaw read_with_beast(std::string_view block, const HeadFacts& facts, Request& request) {
    HeadReader reader(request);
    reader.header_limit(static_cast<std::uint32_t>(block.size()) + 1);
    reader.body_limit(boost::none);
    beast::error_code error;
    const auto used = reader.put(boost::asio::buffer(block.data(), block.size()), error);
    const bool agrees = !error && used == block.size() && reader.is_header_done() &&
                        same_view(request.method_text, facts.method) && same_view(request.target, facts.target) &&
                        request.minor_version == facts.minor_version && request.fields.size() == facts.fields &&
                        reader.chunked() == facts.chunked && reader.content_length().has_value() == facts.has_length &&
                        (!facts.has_length || *reader.content_length() == facts.length);
    return agrees ? Flaw::none : Flaw::readers_disagree;
}

// Looks for the end of the header block, line by line as it arrives. Refuses by position alone, so that it makes no
// difference in which pieces the bytes come.
class EndFinder {
public:
    // Flaw, or none with end() telling whether the block is complete.
    Flaw search(std::string_view input, std::size_t limit) {
        const auto window = std::min(input.size(), limit);
        while (next_ < window) {
            const void* found = std::memchr(input.data() + next_, '\n', window - next_);
            if (found == nullptr) break;
            const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
            if (const Flaw flaw = end_line(input, at, limit); flaw != Flaw::none) return flaw;
            if (end_ != 0) return Flaw::none;
        }
        next_ = window;
        if (lines_ == 0 && window - start_ >= limit / 2) return Flaw::request_line_too_long;
        return input.size() >= limit ? Flaw::header_too_large : Flaw::none;
    }
    // Length of the block with the empty lines before it; 0 while it is not complete.
    [[nodiscard]] std::size_t end() const { return end_; }
    // Where the request line begins.
    [[nodiscard]] std::size_t start() const { return start_; }

private:
    Flaw end_line(std::string_view input, std::size_t at, std::size_t limit) {
        if (lines_ == 0 && at + 1 - start_ > limit / 2) return Flaw::request_line_too_long;
        if (at == line_ || input[at - 1] != '\r') return Flaw::bare_line_feed;
        const bool empty = at == line_ + 1;
        next_ = line_ = at + 1;
        if (!empty) return ++lines_ > most_fields + 1 ? Flaw::too_many_fields : Flaw::none;
        if (lines_ == 0) {
            start_ = line_;
        } else {
            end_ = line_;
        }
        return Flaw::none;
    }

    std::size_t next_ = 0;   // first byte that has not been searched
    std::size_t line_ = 0;   // where its line begins
    std::size_t start_ = 0;  // where the request line begins
    std::size_t lines_ = 0;  // lines of the block that are complete
    std::size_t end_ = 0;
};

}  // namespace

struct RequestParser::State {
    EndFinder finder;
    Request request;
    HeadFacts facts;
    std::uint64_t left = 0;  // of a body with Content-Length
    ChunkedDecoder chunks;
    std::unique_ptr<char[]> large;         // the header block where it is longer than `small`
    std::array<char, inline_bytes> small;  // left uninitialized: only what was copied is ever read

    // A copy of the block that lives as long as the parser, whatever happens to the session's input buffer.
    std::string_view keep(std::string_view block) {
        char* place = small.data();
        if (block.size() > small.size()) {
            large = std::make_unique_for_overwrite<char[]>(block.size());
            place = large.get();
        }
        std::memcpy(place, block.data(), block.size());
        return {place, block.size()};
    }
};

RequestParser::RequestParser() : state_(std::make_unique_for_overwrite<State>()) {}
RequestParser::~RequestParser() = default;

Judged<std::optional<std::size_t>> RequestParser::parse_head(std::string_view input, std::size_t header_bytes) {
    auto& state = *state_;
    if (const Flaw flaw = state.finder.search(input, header_bytes); flaw != Flaw::none) return refuse(flaw);
    const auto end = state.finder.end();
    if (end == 0) return std::nullopt;
    const auto block = state.keep(input.substr(state.finder.start(), end - state.finder.start()));
    auto facts = judge_head(block);
    if (!facts) return tl::unexpected<Refusal>(std::move(facts.error()));

    auto& request = state.request;
    request.fields.reserve(facts->fields);
    if (const Flaw flaw = read_with_beast(block, *facts, request); flaw != Flaw::none) return refuse(flaw);
    request.method = method_of(facts->method);
    request.path = facts->path;
    request.query = facts->query;
    request.host = facts->host;
    request.keep_alive = facts->keep_alive;
    state.facts = *facts;
    state.left = facts->length;
    return end;
}

Request& RequestParser::request() {
    return state_->request;
}

std::optional<std::uint64_t> RequestParser::content_length() const {
    if (state_->facts.chunked) return std::nullopt;
    return state_->facts.length;
}

bool RequestParser::expects_continue() const {
    return state_->facts.expects_continue && !complete();
}

bool RequestParser::complete() const {
    return state_->facts.chunked ? state_->chunks.complete() : state_->left == 0;
}

Judged<BodyStep> RequestParser::parse_body(std::string_view input, std::span<char> out) {
    auto& state = *state_;
    if (state.facts.chunked) return state.chunks.decode(input, out);
    const auto room = std::min<std::uint64_t>(input.size(), out.size());
    const auto count = static_cast<std::size_t>(std::min(state.left, room));
    if (count != 0) std::memcpy(out.data(), input.data(), count);
    state.left -= count;
    return BodyStep{count, count};
}

}  // namespace gatehouse::http
