#include "config/json_text.hpp"

#include "base/secret.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace json_text_test {

using namespace gatehouse;
using namespace std::string_literals;
using Kind = config::JsonProblem::Kind;

namespace {

constexpr config::JsonRules strict{64, config::Comments::refused};

// The memory of a sanitizer is too large to be searched.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GATEHOUSE_SEARCHES_MEMORY 1

// Nothing but this program knows what it is without the mask, and it is nowhere in its memory unless put there.
constexpr std::string_view masked_marker = "rwjtmbcxqhgufzaeyonlkdipsvtrjwqmcbxhugzf";

constexpr char unmask(char c) {
    return static_cast<char>(c ^ 1);
}

void append_marker(config::SecretString& out) {
    for (const char c : masked_marker)
        out.push_back(unmask(c));
}

// Whether most of the marker stands anywhere in the writable memory of this process.
bool marker_is_in_memory() {
    const auto sought = masked_marker.substr(8, 24);
    std::ifstream maps("/proc/self/maps");
    std::string line;
    while (std::getline(maps, line)) {
        std::istringstream words(line);
        char dash = 0;
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        std::string rights;
        words >> std::hex >> begin >> dash >> end >> rights;
        if (!rights.starts_with("rw") || line.find("[v") != std::string::npos) continue;
        const auto* const first = reinterpret_cast<const char*>(begin);  // NOLINT(performance-no-int-to-ptr)
        const auto* const last = reinterpret_cast<const char*>(end);     // NOLINT(performance-no-int-to-ptr)
        const auto same = [](char in_memory, char masked) { return in_memory == unmask(masked); };
        if (std::search(first, last, sought.begin(), sought.end(), same) != last) return true;
    }
    return false;
}

#endif

}  // namespace

TEST_CASE("a secret text is taken and refused as any other text is") {
    const std::vector<std::string> sound{
        "{}",
        "[]",
        "1",
        "-0.5e3",
        "\"\"",
        "null",
        "true",
        " { } ",
        "\xEF\xBB\xBF{}",
        "{\"a\":[1,{\"b\":\"c\"}]}",
        "\"\\u00e9\\ud83d\\ude00\"",
        "[\"  \", \"\"]",
        "{}\n\n",
        "\"      \"",
        "[[[]]]",
    };
    for (const auto& text : sound) {
        INFO(text);
        const auto plain = config::parse_json(text, strict);
        const auto secret = config::parse_secret_json(text, strict);
        REQUIRE(plain);
        REQUIRE(secret);
        CHECK(std::string_view(secret->dump()) == plain->dump());
    }
    const std::vector<std::string> broken{
        "",          " ",          "{",        "}",      "[",          "]",       "{\"a\"",   "{\"a\":",  "{\"a\":1",
        "{\"a\":1,", "{\"a\":1,}", "[1",       "[1,",    "[1,]",       "[1 2]",   "\"",       "\"a",      "\"\\",
        "{} \"",     "{} \" ",     "{}{}",     "{}\"\"", "1 2",        "[1]]",    "nul",      "tru",      "01",
        "1.",        "+1",         ".5",       "1e",     "{a:1}",      "{'a':1}", "{1:2}",    "{,}",      "//",
        "{}//",      "{}/**/",     "/**/{}",   "{} /*",  "\xEF\xBB{}", "\xff",    "\"\xff\"", "\"\xc3\"", "\"\\ud800\"",
        "\"\\u12\"", "\"\\x\"",    "\"a\nb\"", "1e999",  "NaN",        "\0"s,     "{}\0"s,    "{}\0{}"s,  "\"a\0\""s,
    };
    for (const auto& text : broken) {
        INFO(text);
        const auto plain = config::parse_json(text, strict);
        const auto secret = config::parse_secret_json(text, strict);
        REQUIRE_FALSE(plain);
        REQUIRE_FALSE(secret);
        CHECK(plain.error().kind == Kind::syntax);
        CHECK(secret.error().kind == Kind::syntax);
        CHECK(secret.error().what.starts_with("this is not valid JSON"));
    }
}

TEST_CASE("comments are taken where they are allowed") {
    for (const std::string text : {"{}//", "{}/* a */", "// a\n{\"b\": /* c */ 1}", "{}//\"", "{} // \n"}) {
        INFO(text);
        CHECK(config::parse_json(text));
        CHECK(config::parse_secret_json(text));
        CHECK_FALSE(config::parse_json(text, strict));
        CHECK_FALSE(config::parse_secret_json(text, strict));
    }
    for (const std::string text : {"{}/*", "//", "/**/", "{}/* \"", "{}/"}) {
        INFO(text);
        CHECK_FALSE(config::parse_json(text));
        CHECK_FALSE(config::parse_secret_json(text));
    }
}

TEST_CASE("a syntax error is told by its place, in a secret text without quoting it") {
    const std::string text = "{\"a\": 1,\n \"b\": x}";
    CHECK(config::parse_json(text).error().where == "line 2, column 7:");
    CHECK(config::parse_secret_json(text).error().where == "line 2, column 7:");
    CHECK(config::parse_secret_json(text).error().what == "this is not valid JSON");
    CHECK(config::parse_secret_json("{\"a\": 1").error().where == "line 1, column 8:");
    CHECK(config::parse_secret_json("{}\0"s).error().where == "line 1, column 3:");
}

TEST_CASE("nesting is limited, and a hundred thousand levels crash nothing") {
    const auto nested = [](std::size_t levels, const std::string& open, const std::string& close) {
        std::string text;
        for (std::size_t i = 0; i < levels; ++i)
            text += open;
        text += "1";
        for (std::size_t i = 0; i < levels; ++i)
            text += close;
        return text;
    };
    CHECK(config::parse_secret_json(nested(64, "[", "]"), strict));
    CHECK(config::parse_secret_json(nested(64, "{\"a\":", "}"), strict));
    for (const std::size_t levels : {65U, 100'000U}) {
        for (const auto& text : {nested(levels, "[", "]"), nested(levels, "{\"a\":", "}"), nested(levels, "[", ""),
                                 nested(levels, "{\"a\":[", "]}")}) {
            const auto refused = config::parse_secret_json(text, strict);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().kind == Kind::too_deep);
        }
    }
    CHECK_FALSE(config::parse_json(nested(33, "[", "]")));
    CHECK(config::parse_json(nested(32, "[", "]")));
}

TEST_CASE("a member that is there twice is pointed to") {
    const auto problem = [](std::string_view text) {
        const auto refused = config::parse_secret_json(text, strict);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == Kind::repeated_member);
        return refused.error();
    };
    CHECK(problem("{\"a\":1,\"a\":1}").pointer == "/a");
    CHECK(problem("{\"a\":1,\"\\u0061\":1}").pointer == "/a");
    CHECK(problem("{\"a\":[{},{\"b/c\":{\"~\":1,\"~\":2}}]}").pointer == "/a/1/b~1c/~0");
    CHECK(problem("{\"a\":[{},{\"b\":{\"c\":1,\"c\":2}}]}").where == "a[1].b.c");
    CHECK(problem("[{\"\":1,\"\":1}]").pointer == "/0/");
}

TEST_CASE("a pointer escapes what it must") {
    CHECK(config::member_pointer("", "a") == "/a");
    CHECK(config::member_pointer("/a", "b/c~d") == "/a/b~1c~0d");
    CHECK(config::member_pointer("", "") == "/");
}

#ifdef GATEHOUSE_SEARCHES_MEMORY
TEST_CASE("when a secret text and its document are gone, the secret is nowhere in memory") {
    constexpr int copies = 300;
    CHECK_FALSE(marker_is_in_memory());
    {
        base::Secret taken;
        {
            // It stands in a long text, whose buffers grow, and before shorter ones, which would not reach over all of
            // it; escapes make the raw text another size than the text.
            config::SecretString text("{\"first\": [\"x\", 1, null], \"key\": \"");
            for (int i = 0; i < copies; ++i) {
                append_marker(text);
                text += "\\u0041";
            }
            text += "\", \"again\": [\"";
            append_marker(text);
            text += "\"], \"";
            append_marker(text);
            text += "\": true, \"short\": \"y\", \"numbers\": [1, 2.5, false, {}]}";
            const auto document = config::parse_secret_json(text, strict);
            REQUIRE(document);
            const auto& key = document->at("key").get_ref<const config::SecretString&>();
            taken = base::Secret(std::string_view(key.data(), key.size()));
        }
        CHECK(taken.size() == copies * (masked_marker.size() + 1));
        CHECK(marker_is_in_memory());
    }
    CHECK_FALSE(marker_is_in_memory());
}
#endif

}  // namespace json_text_test
