#include "gatehousectl/response_reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace response_reader_test {

using namespace gatehouse;
using gatehousectl::ResponseReader;

namespace {

struct Outcome {
    int status = 0;
    std::string body;
    bool complete = false;
    std::string refused;  // code
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds `text` in pieces of `piece` bytes, the first of `first`; then the peer closes, where `closes`.
Outcome read(const std::string& text, std::size_t first, std::size_t piece, bool closes, std::size_t limit) {
    ResponseReader reader(limit);
    Outcome outcome;
    base::Result<void> taken;
    std::size_t at = 0;
    while (at < text.size() && taken) {
        const std::size_t count = std::min(at == 0 && first > 0 ? first : piece, text.size() - at);
        taken = reader.feed(std::string_view(text).substr(at, count));
        at += count;
        if (taken) outcome.body += reader.take_body();
    }
    if (taken && closes) taken = reader.end();
    if (!taken) outcome.refused = taken.error().code;
    if (reader.head_complete()) outcome.status = reader.head().status;
    outcome.complete = taken && reader.complete();
    return outcome;
}

// The outcome, after a check that it is the same however the bytes are cut.
Outcome read_all_ways(const std::string& text, bool closes = false, std::size_t limit = 1024) {
    const Outcome whole = read(text, 0, text.size() + 1, closes, limit);
    for (std::size_t split = 0; split <= text.size(); ++split) {
        INFO(text << " split at " << split);
        const Outcome cut = read(text, split, text.size(), closes, limit);
        CHECK(cut.refused == whole.refused);
        CHECK(cut.complete == whole.complete);
        if (whole.refused.empty()) CHECK(cut == whole);
    }
    const Outcome bytewise = read(text, 0, 1, closes, limit);
    CHECK(bytewise.refused == whole.refused);
    if (whole.refused.empty()) CHECK(bytewise == whole);
    return whole;
}

Outcome sound(int status, const std::string& body) {
    return {status, body, true, ""};
}

}  // namespace

TEST_CASE("a response is read however its bytes are cut") {
    CHECK(read_all_ways("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == sound(200, "hello"));
    CHECK(read_all_ways("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == sound(200, ""));
    CHECK(read_all_ways("HTTP/1.0 404\r\ncontent-length:3  \r\nX:\r\n\r\nno!") == sound(404, "no!"));
    CHECK(read_all_ways("HTTP/1.1 204 No Content\r\n\r\n") == sound(204, ""));
    CHECK(read_all_ways("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n"
                        "06;name=\"v\"\r\n world\r\nA \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n") ==
          sound(200, "hello world0123456789"));
}

TEST_CASE("a body without a length ends where the daemon closes") {
    const std::string text = "HTTP/1.1 200 OK\r\n\r\nall that\r\ncomes";
    CHECK(read_all_ways(text, true) == sound(200, "all that\r\ncomes"));
    CHECK_FALSE(read_all_ways(text).complete);
}

TEST_CASE("interim responses are passed over") {
    CHECK(read_all_ways("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}") == sound(201, "{}"));
}

TEST_CASE("what follows a response is left alone") {
    CHECK(read_all_ways("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n") == sound(200, "ok"));
}

TEST_CASE("fields are found by their name in lower case, the first of several") {
    ResponseReader reader(10);
    REQUIRE(reader.feed("HTTP/1.1 200 OK\r\nCONTENT-Type: \t application/json \r\nA: 1\r\na: 2\r\n\r\n"));
    CHECK(reader.head().field("content-type") == "application/json");
    CHECK(reader.head().field("a") == "1");
    CHECK(reader.head().field("b").empty());
}

TEST_CASE("an answer that ends too early is told from one that never began") {
    for (const std::string text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"}) {
        CHECK(read_all_ways(text, true).refused == "response_incomplete");
    }
    ResponseReader silent(10);
    CHECK(silent.end().error().message.find("without an answer") != std::string::npos);
    ResponseReader begun(10);
    REQUIRE(begun.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"));
    CHECK(begun.end().error().message.find("in the middle") != std::string::npos);
}

TEST_CASE("what is no HTTP response is refused") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const std::string& text : std::vector<std::string>{
             "SSH-2.0-OpenSSH\r\n",
             "HTTP/2 200 OK\r\n",
             "HTTP/1.1 20 OK\r\n",
             "HTTP/1.1 099 OK\r\n",
             "HTTP/1.1 600 OK\r\n",
             "HTTP/1.1 2000 OK\r\n",
             "HTTP/1.1 -20 OK\r\n",
             "HTTP/1.1  200 OK\r\n",
             "HTTP/1.1 200 OK\n",
             "HTTP/1.1 101 Switching Protocols\r\n\r\n",
             ok + "no colon\r\n",
             ok + ": empty\r\n",
             ok + "name : value\r\n",
             ok + "X: a\r\n folded\r\n",
             ok + "X: a\rb\r\n",
             ok + std::string("X: a\0b\r\n", 8),
             ok + "Content-Length: -1\r\n\r\n",
             ok + "Content-Length: 1x\r\n\r\n",
             ok + "Content-Length:\r\n\r\n",
             ok + "Content-Length: 99999999999999999999\r\n\r\n",
             ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
             ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
             ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n0x5\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
             ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
         }) {
        INFO(text);
        CHECK(read_all_ways(text).refused == "response_invalid");
    }
}

TEST_CASE("nothing grows without bounds") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    CHECK(read_all_ways(ok + "Content-Length: 11\r\n\r\n", false, 10).refused == "response_too_large");
    CHECK(read_all_ways(ok + "\r\n01234567890", false, 10).refused == "response_too_large");
    CHECK(read_all_ways(ok + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n67890\r\n", false, 10).refused ==
          "response_too_large");
    CHECK(read_all_ways(ok + "Content-Length: 10\r\n\r\n0123456789", false, 10) == sound(200, "0123456789"));

    const std::string much(ResponseReader::header_bytes, 'x');
    for (const std::string& text :
         {"HTTP/1.1 200 " + much, ok + "X: " + much, ok + "Transfer-Encoding: chunked\r\n\r\n1;" + much,
          ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + much}) {
        CHECK(read(text, 0, 1000, false, 10).refused == "response_too_large");
        CHECK(read(text, 0, text.size(), false, 10).refused == "response_too_large");
    }
    std::string interim;
    while (interim.size() <= ResponseReader::header_bytes)
        interim += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(read(interim, 0, 1000, false, 10).refused == "response_too_large");
}

TEST_CASE("a stream without end may have more chunks than a head may have bytes") {
    ResponseReader reader(ResponseReader::unlimited);
    REQUIRE(reader.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (std::size_t i = 0; i < ResponseReader::header_bytes; ++i) {
        REQUIRE(reader.feed("2\r\n:\n\r\n"));
        REQUIRE(reader.take_body() == ":\n");
    }
    CHECK(reader.feed(std::string(ResponseReader::header_bytes + 1, '0')).error().code == "response_too_large");
}

}  // namespace response_reader_test
