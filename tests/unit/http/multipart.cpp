#include "server/http/multipart.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace multipart_test {

using namespace gatehouse;
using namespace std::string_literals;

namespace {

// Writes down what it is told.
class Witness : public http::PartSink {
public:
    http::Judged<void> begin_part(http::PartHeader header) override {
        told += "<" + header.name + (header.filename ? "=" + *header.filename : "") + ":";
        return {};
    }
    http::Judged<void> data(std::string_view bytes) override {
        CHECK_FALSE(bytes.empty());
        told += bytes;
        return {};
    }
    http::Judged<void> end_part() override {
        told += ">";
        return {};
    }
    http::Judged<void> end_form() override {
        told += "end";
        return {};
    }
    std::string told;
};

// What a body came to when it is fed in pieces of `step` bytes: what the sink was told, then the refusal.
std::string read(std::string_view body, std::size_t step, const http::MultipartLimits& limits,
                 std::string_view boundary) {
    Witness witness;
    http::MultipartParser parser(boundary, limits, witness);
    while (!body.empty()) {
        const std::string piece(body.substr(0, step));  // a copy, so that a view that outlives it is noticed
        body.remove_prefix(piece.size());
        if (const auto fed = parser.feed(piece); !fed)
            return witness.told + "!" + std::to_string(fed.error().status) + fed.error().code;
    }
    if (const auto finished = parser.finish(); !finished) return witness.told + "!" + finished.error().code;
    return witness.told;
}

// The same, after a check that it does not depend on how the body is cut.
std::string read_all_ways(const std::string& body, const http::MultipartLimits& limits = {},
                          std::string_view boundary = "xY") {
    const auto whole = read(body, std::string::npos, limits, boundary);
    for (std::size_t step = 1; step <= body.size(); ++step) {
        const auto cut = read(body, step, limits, boundary);
        if (cut == whole) continue;
        INFO("in pieces of " << step << ":\n" << body);
        CHECK(cut == whole);
    }
    return whole;
}

// A part of that name, without the delimiter after it.
std::string part(const std::string& name, const std::string& content) {
    return "--xY\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content;
}

http::Judged<std::string> boundary_of(std::string_view content_type) {
    http::Request request;
    request.fields.push_back({"Content-Type", content_type});
    return http::form_boundary(request);
}

}  // namespace

TEST_CASE("the boundary is found whatever the case, quotes and other parameters of Content-Type") {
    CHECK(boundary_of("multipart/form-data; boundary=abc") == "abc");
    CHECK(boundary_of("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b:c\"; x=y") == "a b:c");
    CHECK(boundary_of("multipart/form-data;boundary=----WebKitFormBoundaryISBdgfX6NQSnbK4r") ==
          "----WebKitFormBoundaryISBdgfX6NQSnbK4r");
    CHECK(boundary_of("multipart/form-data; boundary=\"'()+_,-./:=?\"") == "'()+_,-./:=?");
    CHECK(boundary_of("multipart/form-data; boundary=" + std::string(70, 'a')) == std::string(70, 'a'));
}

TEST_CASE("a Content-Type without a legal boundary is refused, and one that is no form too") {
    for (const std::string field :
         {"multipart/form-data", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"a \"",
          "multipart/form-data; boundary=\"a;b\"", "multipart/form-data; boundary=\"a\\\"b\"",
          "multipart/form-data; boundary=a*b", "multipart/form-data; boundary=\"\xc3\xa9\""}) {
        INFO(field);
        REQUIRE_FALSE(boundary_of(field));
        CHECK(boundary_of(field).error().status == 400);
        CHECK(boundary_of(field).error().code == "bad_form");
    }
    CHECK(boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')).error().code == "bad_form");
    for (const std::string field :
         {"", "multipart/mixed; boundary=a", "application/json", "multipart/form-datax; boundary=a",
          "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=a b"}) {
        INFO(field);
        REQUIRE_FALSE(boundary_of(field));
        CHECK(boundary_of(field).error().status == 415);
        CHECK(boundary_of(field).error().code == "unsupported_media_type");
    }
    CHECK(http::form_boundary({}).error().status == 415);
}

TEST_CASE("the forms of real clients are read") {
    const std::string chromium =
        "------WebKitFormBoundaryISBdgfX6NQSnbK4r\r\n"
        "Content-Disposition: form-data; name=\"sample\"; filename=\"we%22ird\\na%0D%0Ame\xc3\xa9.exe\"\r\n"
        "Content-Type: application/x-msdownload\r\n\r\nMZ\r\n--x\r\n"
        "------WebKitFormBoundaryISBdgfX6NQSnbK4r\r\n"
        "Content-Disposition: form-data; name=\"fie%22ld\"\r\n\r\nv\xc3\xa9\r\nb\r\n"
        "------WebKitFormBoundaryISBdgfX6NQSnbK4r\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
        "------WebKitFormBoundaryISBdgfX6NQSnbK4r\r\n"
        "Content-Disposition: form-data; name=\"nofile\"; filename=\"\"\r\n"
        "Content-Type: application/octet-stream\r\n\r\n\r\n"
        "------WebKitFormBoundaryISBdgfX6NQSnbK4r--\r\n";
    CHECK(read_all_ways(chromium, {}, "----WebKitFormBoundaryISBdgfX6NQSnbK4r") ==
          "<sample=we\"ird\\na%0D%0Ame\xc3\xa9.exe:MZ\r\n--x><fie\"ld:v\xc3\xa9\r\nb><empty:><nofile=:>end");
    const std::string curl =
        "--------------------------985d4623da3f5d1c\r\n"
        "Content-Disposition: form-data; name=\"sample\"; filename=\"we%22ird\\na.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\nhello\r\n\r\n"
        "--------------------------985d4623da3f5d1c\r\nContent-Disposition: form-data; name=\"private\"\r\n\r\n1\r\n"
        "--------------------------985d4623da3f5d1c--\r\n";
    CHECK(read_all_ways(curl, {}, "------------------------985d4623da3f5d1c") ==
          "<sample=we\"ird\\na.txt:hello\r\n><private:1>end");
}

TEST_CASE("parts, empty ones, and what stands before and after them") {
    CHECK(read_all_ways("--xY--") == "end");
    CHECK(read_all_ways("--xY--\r\n") == "end");
    CHECK(read_all_ways(part("a", "1\r\n--xY--")) == "<a:1>end");
    CHECK(read_all_ways(part("a", "1\r\n") + part("b", "2\r\n") + "--xY--") == "<a:1><b:2>end");
    CHECK(read_all_ways(part("a", "\r\n--xY--")) == "<a:>end");
    CHECK(read_all_ways(part("a", "--xY--")) == "<a:>end");  // the delimiter right after the header
    CHECK(read_all_ways(part("a", part("b", "--xY--"))) == "<a:><b:>end");
    CHECK(read_all_ways("preamble\r\n--x\r\n" + part("a", "1\r\n--xY--")) == "<a:1>end");
    CHECK(read_all_ways("\r\n" + part("a", "1\r\n--xY--")) == "<a:1>end");
    CHECK(read_all_ways(part("a", "1\r\n--xY--epilogue\r\n") + part("b", "2\r\n--xY--")) == "<a:1>end");
    CHECK(read_all_ways("--xY \t \r\n" + part("a", "1\r\n--xY-- ").substr(6)) == "<a:1>end");
    CHECK(read_all_ways(part("a", "\0\r\n\n\r\xff\r\n--xY--"s)) == "<a:\0\r\n\n\r\xff>end"s);
}

TEST_CASE("what only begins like a delimiter is content") {
    for (const std::string content : {"\r\n--xy", "\r\n--x", "\r\n-", "\r\n", "\r", "\r\r\n\r\n", "\n--xY", "x--xY",
                                      "\r\n --xY", "\r\n-\r\n--\r\n--x\r\n--xX", "\r--xY", "\r\n\r\n--x", "-", "--x"}) {
        INFO(content);
        CHECK(read_all_ways(part("a", content + "\r\n--xY--")) == "<a:" + content + ">end");
        CHECK(read_all_ways(part("a", "y" + content + "\r\n--xY--")) == "<a:y" + content + ">end");
    }
    CHECK(read_all_ways(part("a", "y--xY\r\n--xY--")) == "<a:y--xY>end");
}

TEST_CASE("a form that is cut off, or has something after a boundary, is refused") {
    const auto form = part("a", "1\r\n") + part("b", "2\r\n") + "--xY--";
    for (std::size_t length = 0; length < form.size(); ++length) {
        INFO(length);
        CHECK(read(form.substr(0, length), std::string::npos, {}, "xY").ends_with("!bad_form"));
    }
    CHECK(read_all_ways(part("a", "1\r\n--xYz\r\n\r\n--xY--")) == "<a:1>!400bad_form");
    CHECK(read_all_ways("--xYz\r\n\r\n--xY--") == "!400bad_form");
    CHECK(read_all_ways("--xY\n\n--xY--") == "!400bad_form");
    CHECK(read_all_ways("--xY\rx") == "!400bad_form");
    CHECK(read_all_ways("--xY-\r\n") == "!400bad_form");
    CHECK(read_all_ways("--xY --\r\n") == "!400bad_form");
    CHECK(read_all_ways("--xY\r\n\r\n1\r\n--xY--") == "!400bad_form");
    CHECK(read_all_ways("--xY\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xY--") == "!400bad_form");
    CHECK(read_all_ways("--xY\r\nContent-Disposition: form-data; name=a\n\n1\r\n--xY--") == "!bad_form");
    CHECK(read_all_ways("no boundary at all") == "!bad_form");
    CHECK(read_all_ways("") == "!bad_form");
}

TEST_CASE("parts, headers, names and what precedes the first boundary are limited") {
    http::MultipartLimits limits{2, 100, 10, 20};
    const auto two = part("a", "1\r\n") + part("b", "2\r\n");
    CHECK(read_all_ways(two + "--xY--", limits) == "<a:1><b:2>end");
    CHECK(read_all_ways(two + part("c", "3\r\n--xY--"), limits) == "<a:1><b:2>!413form_too_large");
    CHECK(read_all_ways(part("0123456789", "1\r\n--xY--"), limits) == "<0123456789:1>end");
    CHECK(read_all_ways(part("0123456789a", "1\r\n--xY--"), limits) == "!413form_too_large");
    CHECK(read_all_ways(std::string(18, 'p') + "\r\n" + two + "--xY--", limits) == "<a:1><b:2>end");
    CHECK(read_all_ways(std::string(20, 'p') + "\r\n" + two + "--xY--", limits) == "<a:1><b:2>end");
    CHECK(read_all_ways(std::string(21, 'p') + "\r\n" + two + "--xY--", limits) == "!400bad_form");

    const std::string line = "Content-Disposition: form-data; name=a\r\nX: ";
    const auto with_header = [&](std::size_t bytes) {
        return "--xY\r\n" + line + std::string(bytes - line.size() - 4, 'x') + "\r\n\r\n1\r\n--xY--";
    };
    CHECK(read_all_ways(with_header(100), limits) == "<a:1>end");
    CHECK(read_all_ways(with_header(101), limits) == "!413form_too_large");
    CHECK(read_all_ways("--xY\r\n" + std::string(500, 'x'), limits) == "!413form_too_large");
}

TEST_CASE("a refusal of the sink ends the reading and is handed on") {
    class Full : public Witness {
    public:
        explicit Full(int events) : left_(events) {}
        http::Judged<void> begin_part(http::PartHeader header) override {
            return --left_ < 0 ? full() : Witness::begin_part(std::move(header));
        }
        http::Judged<void> data(std::string_view bytes) override { return --left_ < 0 ? full() : Witness::data(bytes); }
        http::Judged<void> end_part() override { return --left_ < 0 ? full() : Witness::end_part(); }
        http::Judged<void> end_form() override { return --left_ < 0 ? full() : Witness::end_form(); }

    private:
        static http::Judged<void> full() { return tl::unexpected<http::Refusal>({507, "disk_full", ""}); }
        int left_;
    };
    const auto form = part("a", "1\r\n") + part("b", "2\r\n--xY--");
    const std::vector<std::string> told{"", "<a:", "<a:1", "<a:1>", "<a:1><b:", "<a:1><b:2", "<a:1><b:2>"};
    for (int events = 0; events < 7; ++events) {
        Full sink(events);
        http::MultipartParser parser("xY", {}, sink);
        const auto fed = parser.feed(form);
        REQUIRE_FALSE(fed);
        CHECK(fed.error().status == 507);
        CHECK(sink.told == told[static_cast<std::size_t>(events)]);
    }
}

TEST_CASE("content of delimiter-like noise comes through whole, however it is cut") {
    std::mt19937 random(1);  // the same noise in every run
    const std::string alphabet = "\r\r\n\n--xxYY";
    for (int round = 0; round < 300; ++round) {
        std::string content;
        const auto length = random() % 60;
        for (std::size_t i = 0; i < length; ++i)
            content += alphabet[random() % alphabet.size()];
        // Where it happens to hold a delimiter, it ends there.
        if (("\r\n" + content).find("\r\n--xY") != std::string::npos) continue;
        CHECK(read_all_ways(part("a", content + "\r\n--xY--")) == "<a:" + content + ">end");
    }
}

TEST_CASE("a part of many megabytes is told without being kept") {
    class Counter : public Witness {
    public:
        http::Judged<void> data(std::string_view bytes) override {
            size += bytes.size();
            sound = sound && bytes.find_first_not_of('\r') == std::string_view::npos;
            return {};
        }
        std::size_t size = 0;
        bool sound = true;
    };
    Counter counter;
    http::MultipartParser parser("xY", {}, counter);
    REQUIRE(parser.feed(part("a", "")));
    const std::string piece(65536, '\r');
    for (int i = 0; i < 512; ++i)
        REQUIRE(parser.feed(piece));
    REQUIRE(parser.feed("\r\n--xY--"));
    REQUIRE(parser.finish());
    CHECK(counter.size == 512U * 65536);
    CHECK(counter.sound);
}

}  // namespace multipart_test
