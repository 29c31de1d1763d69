#include "server/http/framing.hpp"

#include "server/http/request_parser.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace framing_test {

using namespace gatehouse;
using namespace std::string_literals;

namespace {

struct Refused {
    std::string block;
    unsigned status;
    std::string code;
};

// A block with these lines (each without CRLF) and the empty line.
std::string block(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines)
        out += line + "\r\n";
    return out + "\r\n";
}

std::string with_field(const std::string& field) {
    return block({"POST / HTTP/1.1", "Host: a", field});
}

std::string with_line(const std::string& line) {
    return block({line, "Host: a"});
}

void check_refused(const Refused& refused) {
    INFO(refused.block);
    const auto judged = http::judge_head(refused.block);
    REQUIRE_FALSE(judged);
    CHECK(judged.error().status == refused.status);
    CHECK(judged.error().code == refused.code);
    CHECK_FALSE(judged.error().detail.empty());
    // The parser refuses what framing refuses, except that it sees bare line feeds itself.
    http::RequestParser parser;
    const auto parsed = parser.parse_head(refused.block, 16384);
    CHECK((!parsed || !*parsed));
}

http::HeadFacts judge(const std::string& text) {
    INFO(text);
    const auto judged = http::judge_head(text);
    INFO((judged ? "" : judged.error().detail));
    REQUIRE(judged);
    return *judged;
}

}  // namespace

TEST_CASE("a request line that is not exactly METHOD SP TARGET SP VERSION is refused") {
    const std::vector<Refused> cases{
        {with_line(""), 400, "bad_request_line"},
        {with_line("GET"), 400, "bad_request_line"},
        {with_line("GET /"), 400, "bad_request_line"},
        {with_line("GET  / HTTP/1.1"), 400, "bad_request_line"},
        {with_line("GET /  HTTP/1.1"), 400, "bad_version"},
        {with_line(" GET / HTTP/1.1"), 400, "bad_request_line"},
        {with_line("GET\t/ HTTP/1.1"), 400, "bad_request_line"},
        {with_line("GET /\tHTTP/1.1"), 400, "bad_target"},
        {with_line("GET / HTTP/1.1 "), 400, "bad_version"},
        {with_line("GET / HTTP/1.1 x"), 400, "bad_version"},
        {with_line("GET / http/1.1"), 400, "bad_version"},
        {with_line("GET / HTTP/11"), 400, "bad_version"},
        {with_line("GET / HTTP/1.10"), 400, "bad_version"},
        {with_line("GET / HTTP/1.x"), 400, "bad_version"},
        {with_line("GET / HTTP /1.1"), 400, "bad_version"},
        {with_line("GET / HTTP/1.1\r"), 400, "bad_version"},
        {with_line("GET / HTTP/2.0"), 505, "version_not_supported"},
        {with_line("GET / HTTP/0.9"), 505, "version_not_supported"},
        {with_line("GET / HTTP/1.2"), 505, "version_not_supported"},
        {with_line("G(T / HTTP/1.1"), 400, "bad_request_line"},
        {with_line("GET: / HTTP/1.1"), 400, "bad_request_line"},
        {with_line("G\x01T / HTTP/1.1"), 400, "bad_request_line"},
        {with_line("G\xc3\x89T / HTTP/1.1"), 400, "bad_request_line"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("a target that is neither a path nor an http(s) address is refused") {
    const std::vector<Refused> cases{
        {with_line("GET index.html HTTP/1.1"), 400, "bad_target"},
        {with_line("GET ?x HTTP/1.1"), 400, "bad_target"},
        {with_line("GET * HTTP/1.1"), 400, "bad_target"},
        {with_line("OPTIONS ** HTTP/1.1"), 400, "bad_target"},
        {with_line("CONNECT a:443 HTTP/1.1"), 400, "bad_target"},
        {with_line("GET /a#b HTTP/1.1"), 400, "bad_target"},
        {with_line("GET /\x7f HTTP/1.1"), 400, "bad_target"},
        {with_line("GET /\x01 HTTP/1.1"), 400, "bad_target"},
        {with_line("GET /\0 HTTP/1.1"s), 400, "bad_target"},
        {with_line("GET /\xc3\xa4 HTTP/1.1"), 400, "bad_target"},
        {with_line("GET ftp://a/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https:/a/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https:///a HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https://user@a/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https://user:pw@a/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https://a:x/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https://a:65536/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET https://[::1/ HTTP/1.1"), 400, "bad_target"},
        {with_line("GET javascript:alert(1) HTTP/1.1"), 400, "bad_target"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("field lines that two readers could read differently are refused") {
    const std::vector<Refused> cases{
        {with_field("X : 1"), 400, "bad_field"},
        {with_field("X\t: 1"), 400, "bad_field"},
        {with_field("Content-Length : 5"), 400, "bad_field"},
        {with_field("Transfer-Encoding : chunked"), 400, "bad_field"},
        {with_field(": 1"), 400, "bad_field"},
        {with_field("X"), 400, "bad_field"},
        {with_field("X y: 1"), 400, "bad_field"},
        {with_field("X(y): 1"), 400, "bad_field"},
        {with_field("X\0: 1"s), 400, "bad_field"},
        {with_field("X\xe4: 1"), 400, "bad_field"},
        {with_field("\x0bX: 1"), 400, "bad_field"},
        {with_field("X: a\0b"s), 400, "bad_field"},
        {with_field("X: a\x01"), 400, "bad_field"},
        {with_field("X: a\x0b"), 400, "bad_field"},
        {with_field("X: a\x7f"), 400, "bad_field"},
        {with_field("X: a\x1f and more than eight bytes after it"), 400, "bad_field"},
        {with_field("X: more than eight bytes before it \x1f"), 400, "bad_field"},
        {with_field("X: a\rb"), 400, "bad_field"},
        {with_field("X: a\r"), 400, "bad_field"},
        {with_field("X: a\nY: b"), 400, "bad_line_end"},
        {with_field("X: a\n"), 400, "bad_line_end"},
        {with_field("X: a\n\r\nGET /b HTTP/1.1"), 400, "bad_line_end"},
        {with_field(" folded"), 400, "folded_line"},
        {with_field("\tfolded"), 400, "folded_line"},
        {block({"GET / HTTP/1.1", " Host: a"}), 400, "folded_line"},
        {block({"GET / HTTP/1.1", "Host: a", "X: 1", " 2"}), 400, "folded_line"},
        {block({"GET / HTTP/1.1", "Host: a", "Transfer-Encoding:", " chunked"}), 400, "folded_line"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("a block that ends too early or too late is refused") {
    for (const std::string text :
         {"", "\r\n", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a",
          "GET / HTTP/1.1\r\nHost: a\r", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r",
          "GET / HTTP/1.1\r\nHost", "GET / HTTP/1.1\r\nHost: a\r\n\r\nG", "GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n"}) {
        INFO(text);
        const auto judged = http::judge_head(text);
        REQUIRE_FALSE(judged);
        CHECK(judged.error().status == 400);
    }
}

TEST_CASE("a Host field that is missing, repeated or malformed is refused") {
    const std::vector<Refused> cases{
        {block({"GET / HTTP/1.1"}), 400, "bad_host"},
        {block({"GET https://a/ HTTP/1.1"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a", "Host: a"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a", "hOST: b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.0", "Host: a", "Host: b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host:"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: "}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a,b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a/b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a@b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: https://a"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a:b"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a:-1"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a:65536"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a:99999999999999999999"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: a:1:2"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: ::1"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: [::1"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: [::1]x"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: [a]"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: []"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: [fe80::1%25eth0]"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: [" + std::string(300, ':') + "]"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: %61"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: <a>"}), 400, "bad_host"},
        {block({"GET / HTTP/1.1", "Host: \xc3\xa4"}), 400, "bad_host"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("a Content-Length that is not one decimal number is refused") {
    const std::vector<Refused> cases{
        {with_field("Content-Length:"), 400, "bad_content_length"},
        {with_field("Content-Length: +5"), 400, "bad_content_length"},
        {with_field("Content-Length: -5"), 400, "bad_content_length"},
        {with_field("Content-Length: 0x5"), 400, "bad_content_length"},
        {with_field("Content-Length: 5 5"), 400, "bad_content_length"},
        {with_field("Content-Length: 5,5"), 400, "bad_content_length"},
        {with_field("Content-Length: 5, 5"), 400, "bad_content_length"},
        {with_field("Content-Length: 5;"), 400, "bad_content_length"},
        {with_field("Content-Length: 5.0"), 400, "bad_content_length"},
        {with_field("Content-Length: 1e3"), 400, "bad_content_length"},
        {with_field("Content-Length: 1_000"), 400, "bad_content_length"},
        {with_field("Content-Length: \"5\""), 400, "bad_content_length"},
        {with_field("Content-Length: \xd9\xa5"), 400, "bad_content_length"},
        {with_field("Content-Length: 9223372036854775808"), 400, "bad_content_length"},
        {with_field("Content-Length: 18446744073709551616"), 400, "bad_content_length"},
        {with_field("Content-Length: 18446744073709551621"), 400, "bad_content_length"},
        {with_field("Content-Length: 99999999999999999999999999"), 400, "bad_content_length"},
        {block({"POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 5"}), 400, "bad_content_length"},
        {block({"POST / HTTP/1.1", "Host: a", "Content-Length: 5", "content-length: 6"}), 400, "bad_content_length"},
        {block({"POST / HTTP/1.0", "Content-Length: 5", "Content-Length: 6"}), 400, "bad_content_length"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("a Transfer-Encoding that is not one final chunked is refused") {
    const std::vector<Refused> cases{
        {with_field("Transfer-Encoding:"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: ,"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: chunked,"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: ,chunked"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: chunked, chunked"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: chunked, identity"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: chunked, gzip"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: chunked;q=1"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: \"chunked\""), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: chunked x"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: gzip?"), 400, "bad_transfer_encoding"},
        {with_field("Transfer-Encoding: xchunked"), 501, "transfer_coding_not_supported"},
        {with_field("Transfer-Encoding: identity"), 501, "transfer_coding_not_supported"},
        {with_field("Transfer-Encoding: gzip"), 501, "transfer_coding_not_supported"},
        {with_field("Transfer-Encoding: gzip, chunked"), 501, "transfer_coding_not_supported"},
        {with_field("Transfer-Encoding: gzip;level=1, chunked"), 501, "transfer_coding_not_supported"},
        {with_field("Transfer-Encoding: chunked\x0b"), 400, "bad_field"},
        {block({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}), 400,
         "bad_transfer_encoding"},
        {block({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Transfer-encoding: identity"}), 400,
         "bad_transfer_encoding"},
        {block({"POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked"}), 400, "bad_transfer_encoding"},
        {block({"POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked"}), 400,
         "ambiguous_length"},
        {block({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Content-Length: 5"}), 400,
         "ambiguous_length"},
        {block({"POST / HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 0", "Host: a"}), 400,
         "ambiguous_length"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("expectations but 100-continue and malformed Connection lists are refused") {
    const std::vector<Refused> cases{
        {with_field("Expect: 200-ok"), 417, "expectation_failed"},
        {with_field("Expect:"), 417, "expectation_failed"},
        {with_field("Expect: 100-continue, x"), 417, "expectation_failed"},
        {with_field("Expect: 100-continue;x=1"), 417, "expectation_failed"},
        {with_field("Connection: keep alive"), 400, "bad_field"},
        {with_field("Connection: close;x"), 400, "bad_field"},
        {with_field("Connection: \"close\""), 400, "bad_field"},
    };
    for (const auto& refused : cases)
        check_refused(refused);
}

TEST_CASE("a flaw of grammar is told before one of meaning, wherever it stands") {
    check_refused({block({"GET / HTTP/1.1", "Expect: x", "Host: a", " folded"}), 400, "folded_line"});
}

TEST_CASE("the target is split into path, query and, in absolute form, host") {
    struct Split {
        std::string target, path, query, host;
    };
    const std::vector<Split> cases{
        {"/", "/", "", "field"},
        {"/a/b?c=d&e", "/a/b", "c=d&e", "field"},
        {"/a?b?c", "/a", "b?c", "field"},
        {"/?", "/", "", "field"},
        {"//evil/x", "//evil/x", "", "field"},
        {"/a%2fb", "/a%2fb", "", "field"},
        {"/?x[]={\"a\"|b}^`\\<>", "/", "x[]={\"a\"|b}^`\\<>", "field"},
        {"/http://x/", "/http://x/", "", "field"},
        {"http://other", "/", "", "other"},
        {"https://other/", "/", "", "other"},
        {"HTTPS://other:8443/a?b", "/a", "b", "other:8443"},
        {"https://other?b=/c", "/", "b=/c", "other"},
        {"https://[2001:db8::1]:443/x", "/x", "", "[2001:db8::1]:443"},
    };
    for (const auto& expected : cases) {
        const auto text = block({"GET " + expected.target + " HTTP/1.1", "Host: field"});
        const auto facts = judge(text);
        CHECK(facts.target == expected.target);
        CHECK(facts.path == expected.path);
        CHECK(facts.query == expected.query);
        CHECK(facts.host == expected.host);
    }
    CHECK(judge(block({"OPTIONS * HTTP/1.1", "Host: a"})).path == "*");
}

TEST_CASE("host names and addresses with and without a port are taken") {
    for (const std::string host : {"a", "a.example.", "under_score", "127.0.0.1", "a:443", "a:", "a:0", "a:65535",
                                   "[::1]", "[::1]:8443", "[::ffff:192.0.2.1]"}) {
        CHECK(judge(block({"GET / HTTP/1.1", "Host:  " + host + "\t"})).host == host);
    }
    CHECK(judge(block({"GET / HTTP/1.0"})).host.empty());
}

TEST_CASE("lengths, codings and expectations of sound requests are told") {
    CHECK_FALSE(judge(block({"GET / HTTP/1.1", "Host: a"})).has_length);
    CHECK(judge(with_field("content-length: 0")).has_length);
    CHECK(judge(with_field("Content-Length: 9223372036854775807")).length == 9223372036854775807U);
    CHECK(judge(with_field("Content-Length:\t 0042 \t")).length == 42);
    CHECK(judge(with_field("Transfer-Encoding: chunked")).chunked);
    CHECK(judge(with_field("transfer-encoding:CHUNKED ")).chunked);
    CHECK(judge(with_field("Expect: 100-Continue")).expects_continue);
    CHECK_FALSE(judge(block({"POST / HTTP/1.0", "Expect: 100-continue"})).expects_continue);
    CHECK_FALSE(judge(with_field("Transfer-Encodings: gzip")).chunked);
    CHECK(judge(with_field("X: tabs\tand \x80\xff bytes that are not ASCII are part of a value")).fields == 2);
}

TEST_CASE("a connection is kept by HTTP/1.1 unless closed, and by HTTP/1.0 only when asked") {
    const auto kept = [](const std::string& version, const std::vector<std::string>& fields) {
        std::vector<std::string> lines{"GET / " + version, "Host: a"};
        lines.insert(lines.end(), fields.begin(), fields.end());
        return judge(block(lines)).keep_alive;
    };
    CHECK(kept("HTTP/1.1", {}));
    CHECK(kept("HTTP/1.1", {"Connection: keep-alive"}));
    CHECK(kept("HTTP/1.1", {"Connection: , TE ,"}));
    CHECK_FALSE(kept("HTTP/1.1", {"Connection: close"}));
    CHECK_FALSE(kept("HTTP/1.1", {"Connection: TE, CLOSE"}));
    CHECK_FALSE(kept("HTTP/1.1", {"Connection: close", "Connection: keep-alive"}));
    CHECK(kept("HTTP/1.1", {"Connection: closed"}));
    CHECK_FALSE(kept("HTTP/1.0", {}));
    CHECK(kept("HTTP/1.0", {"Connection: Keep-Alive"}));
    CHECK_FALSE(kept("HTTP/1.0", {"Connection: keep-alive, close"}));
}

TEST_CASE("a control character is found at every place of a word and beyond") {
    for (std::size_t length = 0; length < 40; ++length) {
        CHECK(http::find_control(std::string(length, '~')) == length);
        CHECK(http::find_control(std::string(length, '\x80')) == length);
        for (std::size_t at = 0; at < length; ++at) {
            for (const char c : {'\0', '\t', '\x1f', '\x7f'}) {
                auto text = std::string(length, ' ');
                text[at] = c;
                CHECK(http::find_control(text) == at);
                if (at + 1 < length) text[at + 1] = ' ';
                CHECK(http::find_control(text) == at);
            }
        }
    }
}

}  // namespace framing_test
