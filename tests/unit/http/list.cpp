#include "server/http/list.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace list_test {

using namespace gatehouse;

namespace {

std::vector<std::string> members(std::string_view list) {
    std::vector<std::string> found;
    CHECK(http::each_member(list, [&](std::string_view member) {
        found.emplace_back(member);
        return true;
    }));
    return found;
}

using Members = std::vector<std::string>;

}  // namespace

TEST_CASE("blanks are spaces and tabs, taken from both ends and not from within") {
    CHECK(http::trimmed(" \t a b\t ") == "a b");
    CHECK(http::trimmed("a") == "a");
    CHECK(http::trimmed(" \t").empty());
    CHECK(http::trimmed("").empty());
    CHECK(http::trimmed("\r\na\v") == "\r\na\v");
}

TEST_CASE("a list's members come trimmed and in their order, empty ones not at all") {
    CHECK(members("a,b , c\t,d e") == Members{"a", "b", "c", "d e"});
    CHECK(members(", a,, \t,b,") == Members{"a", "b"});
    CHECK(members("a") == Members{"a"});
    CHECK(members("").empty());
    CHECK(members(" , ,").empty());
}

TEST_CASE("who has seen enough ends it") {
    std::string seen;
    CHECK_FALSE(http::each_member("a,b,c", [&](std::string_view member) {
        seen += member;
        return member != "b";
    }));
    CHECK(seen == "ab");
}

}  // namespace list_test
