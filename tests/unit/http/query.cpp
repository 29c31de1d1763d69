#include "server/http/query.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace query_test {

using namespace gatehouse;
using Parameters = std::vector<http::Query::Parameter>;

namespace {

http::Query parse(std::string_view text) {
    auto query = http::Query::parse(text);
    INFO(text);
    REQUIRE(query);
    return std::move(*query);
}

template <class T>
void check_refused(const http::Judged<T>& judged, unsigned status, const std::string& code) {
    REQUIRE_FALSE(judged);
    CHECK(judged.error().status == status);
    CHECK(judged.error().code == code);
    CHECK_FALSE(judged.error().detail.empty());
}

}  // namespace

TEST_CASE("a query is split and decoded as forms are") {
    CHECK(parse("").parameters().empty());
    CHECK(parse("&&").parameters().empty());
    CHECK(parse("a=1&b=2").parameters() == Parameters{{"a", "1"}, {"b", "2"}});
    CHECK(parse("&a=1&&b=2&").parameters() == Parameters{{"a", "1"}, {"b", "2"}});
    CHECK(parse("a").parameters() == Parameters{{"a", ""}});
    CHECK(parse("a=").parameters() == Parameters{{"a", ""}});
    CHECK(parse("=b").parameters() == Parameters{{"", "b"}});
    CHECK(parse("a=b=c").parameters() == Parameters{{"a", "b=c"}});
    CHECK(parse("a+b=c+d%2Be").parameters() == Parameters{{"a b", "c d+e"}});
    CHECK(parse("%61%3d=%26").parameters() == Parameters{{"a=", "&"}});
    CHECK(parse("a=%c3%a9").parameters() == Parameters{{"a", "\xc3\xa9"}});
    CHECK(parse("a=1;b=2").parameters() == Parameters{{"a", "1;b=2"}});
    CHECK(parse("a=%2541").parameters() == Parameters{{"a", "%41"}});
}

TEST_CASE("a query with a broken escape, no UTF-8 or a NUL is refused") {
    for (const std::string text :
         {"a=%", "a=%4", "a=%zz", "%=1", "b=1&a=100%", "a=%ff", "a=%c3", "a=\xe9", "a=%00", "%00=1", "a=%ed%a0%80"}) {
        INFO(text);
        check_refused(http::Query::parse(text), 400, "bad_query");
    }
    check_refused(http::Query::parse(std::string_view("a=\0b", 4)), 400, "bad_query");
}

TEST_CASE("a query has at most so many parameters, and none longer than the limit") {
    const http::QueryLimits limits{2, 3};
    CHECK(http::Query::parse("a=1&b=2&", limits));
    check_refused(http::Query::parse("a=1&b=2&c", limits), 400, "bad_query");
    CHECK(http::Query::parse("a=%41%42%43", limits));
    check_refused(http::Query::parse("a=1234", limits), 400, "bad_query");
    check_refused(http::Query::parse("abcd=1", limits), 400, "bad_query");
}

TEST_CASE("one value is found, none is told, several are refused") {
    const auto query = parse("a=1&b=2&b=3&c");
    REQUIRE(query.one("a"));
    REQUIRE(*query.one("a") != nullptr);
    CHECK(**query.one("a") == "1");
    CHECK(**query.one("c") == "");
    CHECK(*query.one("d") == nullptr);
    CHECK(*query.one("A") == nullptr);
    check_refused(query.one("b"), 422, "bad_parameter");
    CHECK(query.one("b").error().detail == "The parameter \"b\" is there more than once.");
    CHECK(query.all("b") == std::vector<std::string_view>{"2", "3"});
    CHECK(query.all("d").empty());
}

TEST_CASE("whole numbers are read within their range and refused without telling the value") {
    const auto query = parse("a=10&b=-3&c=x1&d=&e=1x&f=9223372036854775808&g=+1&h=+&i=1.0&j=0x1&k=007&l=1&l=2");
    CHECK(query.whole("a", 1, 10) == 10);
    CHECK(query.whole("b", -3, 10) == -3);
    CHECK(query.whole("k", 0, 10) == 7);
    REQUIRE(query.whole("z", 1, 10));
    CHECK(*query.whole("z", 1, 10) == std::nullopt);
    check_refused(query.whole("a", 1, 9), 422, "bad_parameter");
    check_refused(query.whole("b", 0, 9), 422, "bad_parameter");
    for (const std::string name : {"c", "d", "e", "f", "g", "h", "i", "j", "l"}) {
        INFO(name);
        check_refused(query.whole(name, -100, INT64_MAX), 422, "bad_parameter");
    }
    CHECK(query.whole("c", 1, 10).error().detail == "The parameter \"c\" must be a whole number from 1 to 10.");
}

TEST_CASE("true and false are read, and nothing else is taken for one of them") {
    const auto query = parse("a=true&b=false&c=1&d=0&e&f=TRUE&g=yes&h=true&h=true");
    CHECK(query.boolean("a") == true);
    CHECK(query.boolean("b") == false);
    CHECK(query.boolean("c") == true);
    CHECK(query.boolean("d") == false);
    CHECK(*query.boolean("z") == std::nullopt);
    for (const std::string name : {"e", "f", "g", "h"}) {
        INFO(name);
        check_refused(query.boolean(name), 422, "bad_parameter");
    }
}

TEST_CASE("unknown parameters are refused, with the name that was probably meant") {
    const auto query = parse("dry_run=true&confrim=x");
    CHECK(query.only({"dry_run", "confrim"}));
    check_refused(query.only({"dry_run", "confirm"}), 422, "bad_parameter");
    CHECK(query.only({"dry_run", "confirm"}).error().detail ==
          "The parameter \"confrim\" is not known here. Did you mean \"confirm\"?");
    check_refused(query.only({}), 422, "bad_parameter");
    CHECK(parse("").only({}));
}

}  // namespace query_test
