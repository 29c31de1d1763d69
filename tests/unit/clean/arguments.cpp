#include "server/clean/arguments.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace arguments_test {

using gatehouse::clean::Arguments;
namespace http = gatehouse::http;

namespace {

http::Request request_of(std::string_view query, std::string_view type, std::string_view body) {
    http::Request request;
    request.query = query;
    request.body = body;
    if (!type.empty()) request.fields.push_back({"Content-Type", type});
    return request;
}

Arguments read(std::string_view query, std::string_view type = {}, std::string_view body = {}) {
    auto arguments = Arguments::read(request_of(query, type, body));
    REQUIRE(arguments);
    return std::move(*arguments);
}

http::Refusal refusal(std::string_view query, std::string_view type = {}, std::string_view body = {}) {
    const auto arguments = Arguments::read(request_of(query, type, body));
    REQUIRE_FALSE(arguments);
    return arguments.error();
}

constexpr std::string_view form = "application/x-www-form-urlencoded";
constexpr std::string_view multipart = "multipart/form-data; boundary=B";

}  // namespace

TEST_CASE("a parameter is found wherever the client wrote it") {
    const std::string in_parts = "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nZoe <b>\r\n--B--\r\n";
    CHECK(read("name=Zoe+%3Cb%3E").text("name") == "Zoe <b>");
    CHECK(read("", form, "name=Zoe+%3Cb%3E").text("name") == "Zoe <b>");
    CHECK(read("", multipart, in_parts).text("name") == "Zoe <b>");
    CHECK(read("", "application/json", R"({"name":"Zoe <b>"})").text("name") == "Zoe <b>");
    CHECK(read("", "", R"({"name":"Zoe <b>"})").text("name") == "Zoe <b>");
    CHECK_FALSE(read("other=1").find("name"));
}

TEST_CASE("the body counts before the query, and all values are there in that order") {
    const auto arguments = read("tags=c&tags=d", form, "tags=a&tags=b");
    CHECK(arguments.find("tags") == "a");
    CHECK(arguments.all("tags") == std::vector<std::string_view>{"a", "b", "c", "d"});
}

TEST_CASE("of JSON, numbers and truths are texts too, and null is nothing") {
    const auto arguments = read("", "", R"({"limit":5,"private":true,"name":null,"list":[[1,2]]})");
    CHECK(arguments.find("limit") == "5");
    CHECK(arguments.find("private") == "true");
    CHECK_FALSE(arguments.find("name"));
    CHECK_FALSE(arguments.find("list"));
    const auto list = arguments.json("list");
    REQUIRE(list);
    REQUIRE(*list);
    CHECK((*list)->dump() == "[[1,2]]");
}

TEST_CASE("what is JSON may come as text in a form") {
    const auto arguments = read("", form, "list=%5B%5B1%2C2%5D%5D&bad=%5B");
    const auto list = arguments.json("list");
    REQUIRE(list);
    REQUIRE(*list);
    CHECK((*list)->dump() == "[[1,2]]");
    CHECK(arguments.json("bad").error().code == "bad_parameter");
    const auto none = arguments.json("none");
    REQUIRE(none);
    CHECK_FALSE(*none);
}

TEST_CASE("a number is one from end to end, and within its bounds") {
    const auto arguments = read("a=12&b=12x&c=&d=-3&e=99999999999999999999&f=101");
    CHECK(arguments.whole("a", 0, 100).value() == 12);
    CHECK_FALSE(arguments.whole("none", 0, 100).value());
    for (const char* name : {"b", "c", "d", "e", "f"})
        CHECK(arguments.whole(name, 0, 100).error().code == "bad_parameter");
}

TEST_CASE("bodies that cannot be read are refused, and their values are not told") {
    CHECK(refusal("a=%GG").status == 400);
    CHECK(refusal("", form, "a=%GG").status == 400);
    CHECK(refusal("", "", "{").code == "bad_json");
    CHECK(refusal("", "", std::string(100'000, '[')).code == "bad_json");
    CHECK(refusal("", "", R"(["name"])").code == "wrong_type");
    CHECK(refusal("", multipart, "--B\r\nnonsense").status == 400);
    CHECK(refusal("", "text/xml", "<a/>").status == 415);
    CHECK(refusal("", "", R"({"api_key":"verysecretkey)").detail.find("verysecret") == std::string::npos);
}

TEST_CASE("of a form that was read as it arrived the fields count, and files do not") {
    std::vector<http::FormPart> parts;
    parts.push_back({{.name = "tags", .filename = {}, .content_type = {}}, gatehouse::base::Secret("x")});
    parts.push_back({{.name = "sample", .filename = "a.exe", .content_type = {}}, gatehouse::base::Secret("MZ")});
    const auto arguments = Arguments::read(request_of("tags=y", multipart, ""), parts);
    REQUIRE(arguments);
    CHECK(arguments->all("tags") == std::vector<std::string_view>{"x", "y"});
    CHECK_FALSE(arguments->find("sample"));
}

}  // namespace arguments_test
