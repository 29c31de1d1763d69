#include "server/http/chunked.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

namespace chunked_test {

using namespace gatehouse;
using namespace std::string_literals;

namespace {

struct Outcome {
    std::string body;
    std::size_t taken = 0;
    bool complete = false;
    std::string refused;  // code
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Feeds `text` in two pieces, split at `split`, through an output of `room` bytes.
Outcome decode(const std::string& text, std::size_t split, std::size_t room) {
    http::ChunkedDecoder decoder;
    Outcome outcome;
    std::vector<char> out(room);
    for (const auto end : {split, text.size()}) {
        while (outcome.taken < end) {
            const auto input = std::string_view(text).substr(outcome.taken, end - outcome.taken);
            const auto step = decoder.decode(input, out);
            if (!step) {
                outcome.refused = step.error().code;
                CHECK(step.error().status == 400);
                return outcome;
            }
            if (step->taken == 0) break;
            outcome.taken += step->taken;
            outcome.body.append(out.data(), step->produced);
        }
    }
    outcome.complete = decoder.complete();
    return outcome;
}

// The outcome, after a check that it is the same however the bytes are cut.
Outcome decode_all_ways(const std::string& text) {
    const auto whole = decode(text, text.size(), 1024);
    for (std::size_t split = 0; split <= text.size(); ++split) {
        for (const std::size_t room : {1U, 3U, 1024U}) {
            INFO(text << " split at " << split << ", room " << room);
            const auto cut = decode(text, split, room);
            CHECK(cut.refused == whole.refused);
            CHECK(cut.complete == whole.complete);
            if (whole.refused.empty()) CHECK(cut == whole);
        }
    }
    return whole;
}

}  // namespace

TEST_CASE("a chunked body is decoded whatever the pieces, and what follows it is left alone") {
    struct Sound {
        std::string text, body;
    };
    const std::vector<Sound> cases{
        {"0\r\n\r\n", ""},
        {"5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
        {"a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n", "01234567890123456789"},
        {"0000000000000002\r\n\r\n\r\n000\r\n\r\n", "\r\n"},
        {"1;name\r\nx\r\n0;a=b;c=\"d;\\\" e\"\r\n\r\n", "x"},
        {"1 \t;name\r\nx\r\n0\r\n\r\n", "x"},
        {"1\r\nx\r\n0\r\nDigest: abc\r\nX:\r\n\r\n", "x"},
    };
    for (const auto& sound : cases) {
        auto outcome = decode_all_ways(sound.text);
        CHECK(outcome.refused.empty());
        CHECK(outcome.complete);
        CHECK(outcome.body == sound.body);
        CHECK(outcome.taken == sound.text.size());
        CHECK(decode(sound.text + "GET / HTTP/1.1\r\n", 0, 64).taken == sound.text.size());
    }
}

TEST_CASE("a chunked body that is malformed is refused at every cut") {
    struct Malformed {
        std::string text, code;
    };
    const std::vector<Malformed> cases{
        {"\r\n", "bad_chunk"},
        {"\n", "bad_chunk"},
        {";x\r\n", "bad_chunk"},
        {"+1\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"-1\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"0x1\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"0X1\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {" 1\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1 \r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1\t\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1 1\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1_0\r\n", "bad_chunk"},
        {"1,2\r\n", "bad_chunk"},
        {"g\r\n", "bad_chunk"},
        {"1h\r\n", "bad_chunk"},
        {"1\0\r\n"s, "bad_chunk"},
        {"1\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1\r\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1\rx", "bad_chunk"},
        {"00000000000000001\r\n", "bad_chunk"},
        {"8000000000000000\r\n", "bad_chunk"},
        {"ffffffffffffffff\r\n", "bad_chunk"},
        {"10000000000000001\r\nx\r\n", "bad_chunk"},
        {"1;a\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1;a\0\r\n"s, "bad_chunk"},
        {"1;a\x7f\r\n", "bad_chunk"},
        {"1;a\rb\r\n", "bad_chunk"},
        {"1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"1\r\nxx\r\n0\r\n\r\n", "bad_chunk"},
        {"1\r\nx0\r\n\r\n", "bad_chunk"},
        {"1\r\nx\n0\r\n\r\n", "bad_chunk"},
        {"1\r\nx\r0\r\n\r\n", "bad_chunk"},
        {"2\r\nx\r\n0\r\n\r\n", "bad_chunk"},
        {"0\r\n\n", "bad_trailer"},
        {"0\r\nX\r\n\r\n", "bad_trailer"},
        {"0\r\nX : y\r\n\r\n", "bad_trailer"},
        {"0\r\n folded\r\n\r\n", "bad_trailer"},
        {"0\r\nX: y\r\n z\r\n\r\n", "bad_trailer"},
        {"0\r\nX: y\n\r\n", "bad_trailer"},
        {"0\r\nX: a\rb\r\n\r\n", "bad_trailer"},
        {"0\r\nX: \x01\r\n\r\n", "bad_trailer"},
        {"0\r\nContent-Length: 5\r\n\r\n", "bad_trailer"},
        {"0\r\ntransfer-encoding: chunked\r\n\r\n", "bad_trailer"},
        {"0\r\nHost: b\r\n\r\n", "bad_trailer"},
        {"0\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n", "bad_trailer"},
    };
    for (const auto& malformed : cases)
        CHECK(decode_all_ways(malformed.text).refused == malformed.code);
}

TEST_CASE("a chunked body that is cut off is not complete") {
    const auto text = "5;x\r\nhello\r\n0\r\nX: y\r\n\r\n"s;
    for (std::size_t length = 0; length < text.size(); ++length) {
        const auto outcome = decode(text.substr(0, length), length, 64);
        CHECK(outcome.refused.empty());
        CHECK_FALSE(outcome.complete);
    }
}

TEST_CASE("chunk extensions are bounded over the whole body, trailers too") {
    const auto limit = http::ChunkedDecoder::extension_bytes;
    const auto last = "\r\n0\r\n\r\n"s;
    CHECK(decode("1;" + std::string(limit - 1, 'a') + "\r\nx" + last, 0, 8).complete);
    CHECK(decode("1;" + std::string(limit, 'a') + "\r\nx" + last, 0, 8).refused == "bad_chunk");
    CHECK(decode("1" + std::string(limit + 1, ' '), 0, 8).refused == "bad_chunk");
    std::string many;
    for (std::size_t i = 0; i < limit / 8; ++i)
        many += "1;1234567\r\nx\r\n";
    CHECK(decode(many + "0\r\n\r\n", 0, 8).complete);
    CHECK(decode(many + "0;\r\n\r\n", 0, 8).refused == "bad_chunk");

    const auto trailers = http::ChunkedDecoder::trailer_bytes;
    CHECK(decode("0\r\nX:" + std::string(trailers - 6, 'a') + "\r\n\r\n", 0, 8).complete);
    CHECK(decode("0\r\nX:" + std::string(trailers - 5, 'a') + "\r\n\r\n", 0, 8).refused == "bad_trailer");
}

TEST_CASE("the largest chunk size is taken, and only as much of it as there is") {
    http::ChunkedDecoder decoder;
    std::array<char, 4> out{};
    const auto step = decoder.decode("7fffffffffffffff\r\nabcdef", out);
    REQUIRE(step);
    CHECK(step->produced == 4);
    CHECK(step->taken == 22);
    const auto full = decoder.decode("ef", std::span<char>());
    REQUIRE(full);
    CHECK(full->taken == 0);
}

}  // namespace chunked_test
