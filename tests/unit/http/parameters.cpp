#include "server/http/parameters.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace parameters_test {

using namespace gatehouse;
using namespace std::string_literals;
using http::Backslash;

namespace {

// "value|name=value|name=value", or "none".
std::string told(std::string_view field, Backslash backslash = Backslash::escapes) {
    const auto parsed = http::parse_parameters(field, backslash);
    if (!parsed) return "none";
    std::string text = parsed->value;
    for (const auto& [name, value] : parsed->parameters)
        text.append("|").append(name).append("=").append(value);
    return text;
}

}  // namespace

TEST_CASE("a value and its parameters are told apart") {
    CHECK(told("Form-Data") == "form-data");
    CHECK(told("form-data; Name=\"A b\"; filename=x.txt") == "form-data|name=A b|filename=x.txt");
    CHECK(told("a;b=c;d=\"e;f=g\"") == "a|b=c|d=e;f=g");
    CHECK(told(" a \t;; ;b=c; ") == "a|b=c");
    CHECK(told("a; b=\"\"") == "a|b=");
    CHECK(told("a; b*=UTF-8''%e2%82%ac") == "a|b*=UTF-8''%e2%82%ac");
    CHECK(told("a; b=\"tab\there\xff\"") == "a|b=tab\there\xff");
}

TEST_CASE("a backslash is what the sender of the field means by it") {
    CHECK(told(R"(a; b="c\"d\\e\f")") == R"(a|b=c"d\ef)");
    CHECK(told(R"(a; b="c\"d\\e\f")", Backslash::of_forms) == R"(a|b=c"d\e\f)");
    CHECK(told(R"(a; b="C:\dir\file.txt")", Backslash::of_forms) == R"(a|b=C:\dir\file.txt)");
    CHECK(told(R"(a; b="c\)") == "none");
    CHECK(told(R"(a; b="c\")") == "none");
}

TEST_CASE("what is malformed or ambiguous is not read") {
    for (const auto& field : {""s, ";"s, " ; a=b"s, "a; b"s, "a; b="s, "a; =c"s, "a; b =c"s, "a; b= c"s, "a; b=c d"s,
                              "a; b=\"c"s, "a; b=\"c\"d"s, "a; b=c\"d\""s, "a; b=c; b=d"s, "a; b=c; B=c"s, "a; b=c, d"s,
                              "a; b=\"\0\""s, "a\r\n; b=c"s, "a; b=\"c\nd\""s, "a; (b)=c"s}) {
        INFO(field);
        CHECK(told(field) == "none");
    }
}

TEST_CASE("a media type has a type and a subtype") {
    CHECK(http::parse_media_type("Text/HTML; charset=x")->value == "text/html");
    for (const std::string field : {"text", "/html", "text/", "text/html/x", "te xt/html", "text /html", "*", ""}) {
        INFO(field);
        CHECK_FALSE(http::parse_media_type(field));
    }
    CHECK(http::parse_media_type("a/b;c=d")->find("c") != nullptr);
    CHECK(http::parse_media_type("a/b;c=d")->find("d") == nullptr);
}

}  // namespace parameters_test
