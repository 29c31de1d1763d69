#include "server/http/incoming_body.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace incoming_body_test {

using namespace gatehouse;
using http::IncomingBody;

namespace {

// The parser of a request whose body comes with these fields, and what has come of that body.
class Arrival {
public:
    explicit Arrival(const std::string& fields) {
        const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
        const auto parsed = parser.parse_head(head, 4096);
        REQUIRE(parsed);
        REQUIRE(*parsed == head.size());
    }

    // Hands all of it over in pieces of at most so many bytes. "complete", "open", or the refusal's status and code.
    std::string receive(std::string_view bytes, std::size_t piece = std::string_view::npos) {
        std::string held;  // came, and is not used up yet
        while (!bytes.empty()) {
            held += bytes.substr(0, piece);
            bytes.remove_prefix(std::min(piece, bytes.size()));
            for (;;) {
                const auto taken = body.take(parser, held);
                if (!taken) return std::to_string(taken.error().status) + " " + taken.error().code;
                held.erase(0, *taken);
                if (*taken == 0) break;
            }
        }
        left_over = held;
        return parser.complete() ? "complete" : "open";
    }

    http::RequestParser parser;
    IncomingBody body;
    std::string left_over;
};

std::string length(std::size_t size) {
    return "Content-Length: " + std::to_string(size) + "\r\n";
}

const std::string chunked = "Transfer-Encoding: chunked\r\n";

}  // namespace

TEST_CASE("a body whose length is told and too large is refused before any of it is read") {
    const bool keep = GENERATE(true, false);
    Arrival larger(length(11));
    const auto refused = larger.body.expect(larger.parser, 10, keep);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == 413);
    CHECK(refused.error().code == "body_too_large");
    CHECK_FALSE(refused.error().detail.empty());
    Arrival fitting(length(10));
    CHECK(fitting.body.expect(fitting.parser, 10, keep));
    Arrival unwanted(length(1));
    CHECK_FALSE(unwanted.body.expect(unwanted.parser, 0, keep));
    Arrival none("");
    CHECK(none.body.expect(none.parser, 0, keep));
    CHECK(none.parser.complete());
}

TEST_CASE("a body whose length nobody tells is refused with the byte that is too much, kept or not") {
    const bool keep = GENERATE(true, false);
    Arrival arrival(chunked);
    REQUIRE(arrival.body.expect(arrival.parser, 10, keep));
    CHECK(arrival.receive("6\r\n012345\r\n4\r\n6789\r\n") == "open");
    CHECK(arrival.receive("1\r\nx\r\n") == "413 body_too_large");
    Arrival exact(chunked);
    REQUIRE(exact.body.expect(exact.parser, 10, keep));
    CHECK(exact.receive("a\r\n0123456789\r\n0\r\n\r\n") == "complete");
    CHECK(exact.body.received() == 10);
    Arrival huge(chunked);
    REQUIRE(huge.body.expect(huge.parser, 10, keep));
    CHECK(huge.receive("ffff\r\n" + std::string(11, 'x')) == "413 body_too_large");
}

TEST_CASE("what is kept are the decoded bytes, however they came") {
    for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
        Arrival arrival(chunked);
        REQUIRE(arrival.body.expect(arrival.parser, 100, true));
        CHECK(arrival.receive("5\r\nhello\r\n1;a=b\r\n \r\n5\r\nworld\r\n0\r\nTrailer: t\r\n\r\n", piece) ==
              "complete");
        CHECK(arrival.body.kept());
        CHECK(arrival.body.bytes() == "hello world");
        CHECK(arrival.body.received() == 11);
    }
}

TEST_CASE("what is dropped is counted and not there") {
    Arrival arrival(length(5));
    REQUIRE(arrival.body.expect(arrival.parser, 5, false));
    CHECK(arrival.receive("he") == "open");
    CHECK(arrival.body.received() == 2);
    CHECK(arrival.receive("llo") == "complete");
    CHECK_FALSE(arrival.body.kept());
    CHECK(arrival.body.bytes().empty());
    CHECK(arrival.body.received() == 5);
}

TEST_CASE("a large body is taken in several steps, and nothing of it is lost or changes its place") {
    std::string large;
    for (int i = 0; i < 20'000; ++i)
        large += std::to_string(i) + ",";
    Arrival arrival(length(large.size()));
    REQUIRE(arrival.body.expect(arrival.parser, large.size(), true));
    const auto first = arrival.body.take(arrival.parser, large);
    REQUIRE(first);
    CHECK(*first < large.size());
    CHECK(arrival.receive(std::string_view(large).substr(*first)) == "complete");
    CHECK(arrival.body.bytes() == large);
}

TEST_CASE("what follows the body is left for the next request") {
    for (const std::string& text : {"hello" + std::string("GET / HTTP/1.1"), std::string("helloG")}) {
        Arrival arrival(length(5));
        REQUIRE(arrival.body.expect(arrival.parser, 5, true));
        CHECK(arrival.receive(text) == "complete");
        CHECK(arrival.body.bytes() == "hello");
        CHECK(arrival.left_over == text.substr(5));
    }
}

TEST_CASE("a body that is no body is refused as the parser refuses it") {
    Arrival arrival(chunked);
    REQUIRE(arrival.body.expect(arrival.parser, 100, true));
    CHECK(arrival.receive("5\r\nhello world") == "400 bad_chunk");
}

}  // namespace incoming_body_test
