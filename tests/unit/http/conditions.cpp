#include "server/http/conditions.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace conditions_test {

using namespace gatehouse;
using http::Selected;

namespace {

constexpr std::string_view before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view same = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view after = "Sun, 06 Nov 1994 08:49:38 GMT";

struct Case {
    std::vector<http::HeaderField> fields;
    Selected what;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

http::Selection select(const std::vector<http::HeaderField>& fields, http::Method method = http::Method::get,
                       std::uint64_t size = 100, const std::string& etag = "\"tag\"") {
    http::Request request;
    request.method = method;
    request.fields = fields;
    return http::select(request, {etag, 784111777}, size);
}

void check(const std::vector<Case>& cases, std::uint64_t size = 100) {
    for (const auto& expected : cases) {
        std::string told;
        for (const auto& field : expected.fields)
            told += std::string(field.name) + ": " + std::string(field.value) + "\n";
        INFO(told);
        const auto selection = select(expected.fields, http::Method::get, size);
        CHECK(static_cast<int>(selection.what) == static_cast<int>(expected.what));
        CHECK(selection.offset == expected.offset);
        CHECK(selection.size == expected.size);
    }
}

}  // namespace

TEST_CASE("If-None-Match compares weakly and knows lists, stars and repeated fields") {
    check({
        {{{"If-None-Match", "\"tag\""}}, Selected::not_modified},
        {{{"if-none-match", "W/\"tag\""}}, Selected::not_modified},
        {{{"If-None-Match", "*"}}, Selected::not_modified},
        {{{"If-None-Match", "\"a,b\", W/\"c\" ,\t\"tag\""}}, Selected::not_modified},
        {{{"If-None-Match", ",,\"tag\""}}, Selected::not_modified},
        {{{"If-None-Match", "\"a\""}, {"If-None-Match", "\"tag\""}}, Selected::not_modified},
        {{{"If-None-Match", "\"a\""}}, Selected::whole},
        {{{"If-None-Match", "tag"}}, Selected::whole},
        {{{"If-None-Match", "\"tag"}}, Selected::whole},
        {{{"If-None-Match", "w/\"tag\""}}, Selected::whole},
        {{{"If-None-Match", "W/"}}, Selected::whole},
        {{{"If-None-Match", ""}}, Selected::whole},
        {{{"If-None-Match", "x \"tag\""}}, Selected::whole},
    });
    CHECK(select({{"If-None-Match", "\"tag\""}}, http::Method::head).what == Selected::not_modified);
    CHECK(select({{"If-None-Match", "\"tag\""}}, http::Method::get, 1, "W/\"tag\"").what == Selected::not_modified);
}

TEST_CASE("If-Match compares strongly") {
    check({
        {{{"If-Match", "\"tag\""}}, Selected::whole},
        {{{"If-Match", "*"}}, Selected::whole},
        {{{"If-Match", "\"a\", \"tag\""}}, Selected::whole},
        {{{"If-Match", "\"a\""}, {"If-Match", "\"tag\""}}, Selected::whole},
        {{{"If-Match", "W/\"tag\""}}, Selected::precondition_failed},
        {{{"If-Match", "\"a\""}}, Selected::precondition_failed},
        {{{"If-Match", ""}}, Selected::precondition_failed},
    });
    CHECK(select({{"If-Match", "W/\"tag\""}}, http::Method::get, 1, "W/\"tag\"").what == Selected::precondition_failed);
}

TEST_CASE("of what has no date, conditions on a date are ignored") {
    for (const auto name : {"If-Modified-Since", "If-Unmodified-Since", "If-Range"}) {
        http::Request request;
        request.fields = {{name, after}};
        if (name == std::string_view("If-Range")) request.fields.push_back({"Range", "bytes=0-1"});
        INFO(name);
        CHECK(http::select(request, {"\"tag\"", std::nullopt}, 100).what == Selected::whole);
    }
}

TEST_CASE("dates count to the second, and what is no date is ignored") {
    check({
        {{{"If-Modified-Since", before}}, Selected::whole},
        {{{"If-Modified-Since", same}}, Selected::not_modified},
        {{{"If-Modified-Since", after}}, Selected::not_modified},
        {{{"If-Modified-Since", "yesterday"}}, Selected::whole},
        {{{"If-Unmodified-Since", before}}, Selected::precondition_failed},
        {{{"If-Unmodified-Since", same}}, Selected::whole},
        {{{"If-Unmodified-Since", "yesterday"}}, Selected::whole},
    });
}

TEST_CASE("preconditions are judged in the order of RFC 9110") {
    check({
        {{{"If-Match", "\"a\""}, {"If-None-Match", "\"tag\""}}, Selected::precondition_failed},
        {{{"If-Match", "\"tag\""}, {"If-Unmodified-Since", before}}, Selected::whole},
        {{{"If-None-Match", "\"a\""}, {"If-Modified-Since", after}}, Selected::whole},
        {{{"If-Unmodified-Since", before}, {"If-None-Match", "\"tag\""}}, Selected::precondition_failed},
        {{{"If-None-Match", "\"tag\""}, {"Range", "bytes=0-1"}}, Selected::not_modified},
        {{{"If-Match", "\"a\""}, {"Range", "bytes=500-"}}, Selected::precondition_failed},
    });
}

TEST_CASE("one range gives that part, one beyond the end is unsatisfiable, all else the whole") {
    check({
        {{{"Range", "bytes=0-0"}}, Selected::part, 0, 1},
        {{{"Range", "bytes=0-99"}}, Selected::part, 0, 100},
        {{{"Range", "BYTES=10-19"}}, Selected::part, 10, 10},
        {{{"Range", "bytes=90-200"}}, Selected::part, 90, 10},
        {{{"Range", "bytes=99-99999999999999999999999"}}, Selected::part, 99, 1},
        {{{"Range", "bytes=50-"}}, Selected::part, 50, 50},
        {{{"Range", "bytes=-1"}}, Selected::part, 99, 1},
        {{{"Range", "bytes=-100"}}, Selected::part, 0, 100},
        {{{"Range", "bytes=-99999999999999999999999"}}, Selected::part, 0, 100},
        {{{"Range", "bytes=100-"}}, Selected::unsatisfiable},
        {{{"Range", "bytes=100-200"}}, Selected::unsatisfiable},
        {{{"Range", "bytes=99999999999999999999999-"}}, Selected::unsatisfiable},
        {{{"Range", "bytes=-0"}}, Selected::unsatisfiable},
        {{{"Range", "bytes=2-1"}}, Selected::whole},
        {{{"Range", "bytes=-"}}, Selected::whole},
        {{{"Range", "bytes="}}, Selected::whole},
        {{{"Range", "bytes"}}, Selected::whole},
        {{{"Range", "bytes=1"}}, Selected::whole},
        {{{"Range", "bytes=a-b"}}, Selected::whole},
        {{{"Range", "bytes=1-b"}}, Selected::whole},
        {{{"Range", "bytes=+1-2"}}, Selected::whole},
        {{{"Range", "bytes= 1-2"}}, Selected::whole},
        {{{"Range", "bytes=1--2"}}, Selected::whole},
        {{{"Range", "bytes=--1"}}, Selected::whole},
        {{{"Range", "lines=1-2"}}, Selected::whole},
        {{{"Range", "bytes=0-1,5-6"}}, Selected::whole},
        {{{"Range", "bytes=0-1,"}}, Selected::whole},
        {{{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}, Selected::whole},
        {{{"Range", ""}}, Selected::whole},
    });
    check({{{{"Range", "bytes=0-"}}, Selected::unsatisfiable}, {{{"Range", "bytes=-5"}}, Selected::unsatisfiable}}, 0);
}

TEST_CASE("ranges are for GET alone") {
    CHECK(select({{"Range", "bytes=0-1"}}, http::Method::head).what == Selected::whole);
    CHECK(select({{"Range", "bytes=500-"}}, http::Method::head).what == Selected::whole);
}

TEST_CASE("If-Range lets a range through only for exactly this state of the file") {
    const auto with = [](std::string_view value) {
        return std::vector<http::HeaderField>{{"If-Range", value}, {"Range", "bytes=0-1"}};
    };
    check({
        {with("\"tag\""), Selected::part, 0, 2},
        {with(same), Selected::part, 0, 2},
        {with("\"a\""), Selected::whole},
        {with("W/\"tag\""), Selected::whole},
        {with(before), Selected::whole},
        {with(after), Selected::whole},
        {with("tag"), Selected::whole},
        {with(""), Selected::whole},
        {{{"If-Range", "\"a\""}, {"Range", "bytes=500-"}}, Selected::whole},
        {{{"If-Range", "\"tag\""}}, Selected::whole},
    });
    CHECK(select(with("W/\"tag\""), http::Method::get, 100, "W/\"tag\"").what == Selected::whole);
    CHECK(select(with(same), http::Method::get, 100, "W/\"tag\"").what == Selected::whole);
}

}  // namespace conditions_test
