#include "server/net/response_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace gatehouse::net {

namespace beast = boost::beast;
using base::ErrorKind;

namespace {

std::string text_of(beast::string_view text) {
    return {text.data(), text.size()};
}

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

tl::unexpected<base::Error> garbled(const std::string& how) {
    return base::fail(ErrorKind::unavailable, "answer_garbled", "gave an answer that is no HTTP/1.1: " + how + ".",
                      "Check that the URL leads to an HTTPS service.");
}

tl::unexpected<base::Error> too_large(const std::string& what, std::uint64_t most) {
    return base::fail(ErrorKind::unavailable, "answer_too_large",
                      "gave an answer whose " + what + " is larger than " + std::to_string(most) + " bytes.");
}

}  // namespace

std::optional<std::string_view> ResponseHead::field(std::string_view name) const {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const Field& one) { return same_letters(one.name, name); });
    if (found == fields.end()) return std::nullopt;
    return found->value;
}

class ResponseReader::Parser final : public beast::http::basic_parser<false> {
public:
    [[nodiscard]] const ResponseHead& answered() const { return head_; }
    [[nodiscard]] std::string take_body() { return std::exchange(arrived_, {}); }

private:
    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, beast::error_code&) override {}
    void on_response_impl(int code, beast::string_view reason, int, beast::error_code&) override {
        head_.status = code;
        head_.reason = text_of(reason);
    }
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       beast::error_code& error) override {
        constexpr std::size_t most_fields = 200;
        if (head_.fields.size() == most_fields) {
            error = beast::http::error::header_limit;
            return;
        }
        // Those behind a chunked body come here too, and are nobody's concern.
        if (!is_header_done()) head_.fields.push_back({text_of(name), text_of(value)});
    }
    void on_header_impl(beast::error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
    std::size_t on_body_impl(beast::string_view body, beast::error_code&) override {
        arrived_.append(body.data(), body.size());
        return body.size();
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast::error_code&) override {
        arrived_.append(body.data(), body.size());
        return body.size();
    }
    void on_finish_impl(beast::error_code&) override {}

    ResponseHead head_;
    std::string arrived_;
};

ResponseReader::ResponseReader(Body body, std::uint64_t most_body_bytes)
    : body_(body), most_body_bytes_(most_body_bytes) {
    begin();
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::begin() {
    head_bytes_ = 0;
    parser_ = std::make_unique<Parser>();
    parser_->eager(true);
    parser_->header_limit(most_head_bytes);
    parser_->body_limit(most_body_bytes_);
    parser_->skip(body_ == Body::none);
}

base::Result<void> ResponseReader::take(std::string_view bytes) {
    begun_ = begun_ || !bytes.empty();
    pending_ += bytes;
    return parse();
}

base::Result<void> ResponseReader::parse() {
    while (!pending_.empty() && !done()) {
        beast::error_code error;
        const bool in_head = !head_done();
        const std::size_t used = parser_->put(boost::asio::buffer(pending_), error);
        pending_.erase(0, used);
        // First: else what came with the head would say whether it is seen.
        if (head_done() && (head().status < 100 || head().status == 101))
            return garbled("it has the status " + std::to_string(head().status));
        // The parser bounds what it has not yet understood only.
        if (in_head && !head_done()) head_bytes_ += used;
        if (head_bytes_ + (in_head ? pending_.size() : 0) > most_head_bytes && !head_done())
            return too_large("head", most_head_bytes);
        if (error == beast::http::error::need_more) {
            // In a chunk's own line or in what follows the last one too.
            if (pending_.size() > most_head_bytes) return too_large("head", most_head_bytes);
            return {};
        }
        if (error == beast::http::error::header_limit) return too_large("head", most_head_bytes);
        if (error == beast::http::error::body_limit) return too_large("body", most_body_bytes_);
        if (error) return garbled(error.message());
        if (!parser_->is_done()) {
            if (used == 0) return {};
            continue;
        }
        if (head().status >= 200) return {};
        if (++interim_ > most_interim) return garbled("interim answers do not end");
        begin();
    }
    return {};
}

base::Result<void> ResponseReader::take_end(bool cleanly) {
    if (!begun_) {
        return base::fail(ErrorKind::unavailable, "no_answer", "closed the connection without an answer.",
                          "Try again; if it stays so, look into that server's log.");
    }
    beast::error_code error;
    const bool until_end = head_done() && !done() && parser_->need_eof();
    if (until_end && cleanly) parser_->put_eof(error);
    if (done() && !error) return {};
    return base::fail(ErrorKind::unavailable, "answer_cut", "closed the connection in the middle of its answer.",
                      "Try again; if it stays so, look into that server's log.");
}

bool ResponseReader::head_done() const {
    return parser_->is_header_done();
}

bool ResponseReader::done() const {
    return parser_->is_done();
}

const ResponseHead& ResponseReader::head() const {
    return parser_->answered();
}

std::string ResponseReader::take_body() {
    return parser_->take_body();
}

bool ResponseReader::may_be_followed() const {
    return done() && parser_->keep_alive() && pending_.empty();
}

bool ResponseReader::has_rest() const {
    return done() && !pending_.empty();
}

}  // namespace gatehouse::net
