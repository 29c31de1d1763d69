#include "server/http/json_body.hpp"

#include "server/http/response.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace json_body_test {

using namespace gatehouse;
using namespace std::string_literals;
using http::JsonObject;

namespace {

enum class Role { read, operate };

http::Request request(std::string_view body, std::string_view type = "application/json") {
    http::Request made;
    if (!type.empty()) made.fields.push_back({"Content-Type", type});
    made.body = body;
    return made;
}

// "taken", or "STATUS CODE POINTER".
std::string outcome(std::string_view body, const JsonObject::Read& read) {
    const auto judged = http::read_json(request(body), read);
    if (judged) return "taken";
    CHECK_FALSE(judged.error().detail.empty());
    return std::to_string(judged.error().status) + " " + judged.error().code +
           (judged.error().pointer ? " " + *judged.error().pointer : "");
}

std::string detail(std::string_view body, const JsonObject::Read& read) {
    const auto judged = http::read_json(request(body), read);
    REQUIRE_FALSE(judged);
    return judged.error().detail;
}

const JsonObject::Read nothing = [](JsonObject& /*body*/) {};

}  // namespace

TEST_CASE("a body becomes typed values") {
    struct Values {
        std::string name;
        std::optional<std::string> title;
        base::Secret password;
        std::optional<base::Secret> otp;
        std::uint16_t port = 0;
        std::optional<std::int64_t> offset;
        bool active = false;
        Role role = Role::read;
        std::optional<Role> second_role;
        std::vector<std::string> tags;
        std::optional<http::Microseconds> since;
        std::string inner;
        std::vector<int> numbers;
    };
    const auto values = http::read_json<Values>(
        request(R"({"name":"J\u00f6rg","password":"open sesame","port":443,"offset":-5,"active":true,"role":"operate",
                   "tags":["a","b"],"since":"2024-02-29T13:05:00Z","inner":{"deep":"x"},
                   "list":[{"n":1},{"n":2}]})",
                "application/json; charset=utf-8"),
        [](JsonObject& body, Values& out) {
            body.text("name", out.name);
            body.text("title", out.title);
            body.secret("password", out.password, 1, 100);
            body.secret("otp", out.otp, 6, 6);
            body.whole("port", out.port, 1, 65535);
            body.whole("offset", out.offset, -10, 10);
            body.boolean("active", out.active);
            body.choice("role", out.role, {{"read", Role::read}, {"operate", Role::operate}});
            body.choice("second_role", out.second_role, {{"read", Role::read}});
            body.texts("tags", out.tags, {0, 5});
            body.time("since", out.since);
            body.object("inner", [&](JsonObject& inner) { inner.text("deep", out.inner); });
            CHECK_FALSE(body.optional_object("missing", [](JsonObject&) { FAIL("there is none"); }));
            body.objects("list", {1, 3}, [&](JsonObject& element) {
                int number = 0;
                element.whole("n", number, 0, 9);
                out.numbers.push_back(number);
            });
        });
    REQUIRE(values);
    CHECK(values->name == "J\xc3\xb6rg");
    CHECK_FALSE(values->title);
    CHECK(values->password.reveal() == "open sesame");
    CHECK_FALSE(values->otp);
    CHECK(values->port == 443);
    CHECK(values->offset == -5);
    CHECK(values->active);
    CHECK(values->role == Role::operate);
    CHECK_FALSE(values->second_role);
    CHECK(values->tags == std::vector<std::string>{"a", "b"});
    CHECK(http::format_rfc3339(*values->since) == "2024-02-29T13:05:00.000000Z");
    CHECK(values->inner == "x");
    CHECK(values->numbers == std::vector<int>{1, 2});
}

TEST_CASE("what is no JSON is refused with 400, and depth kills nothing") {
    for (const auto& body :
         {""s, " "s, "{"s, "{\"a\":}"s, "{} {}"s, "{}//"s, "{'a':1}"s, "{\"a\":\"\xff\"}"s, "{}\0"s, "nope"s}) {
        INFO(body);
        CHECK(outcome(body, nothing) == "400 bad_json");
    }
    CHECK(outcome(std::string(30'000, '['), nothing) == "400 bad_json");
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "{\"a\":";
    CHECK(http::read_json(request(deep), nothing, {10'000'000}).error().detail ==
          "The body can't be read: the text nests more than 64 levels deep.");
    // A body with a secret is not quoted.
    CHECK(detail("{\"password\": \"open sesame\" x}", nothing) ==
          "The body can't be read: line 1, column 28: this is not valid JSON.");
}

TEST_CASE("a body of another type is refused with 415, one that is too large with 413") {
    for (const std::string type :
         {"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1",
          "multipart/form-data; boundary=x", "application/problem+json"}) {
        INFO(type);
        const auto judged = http::read_json(request("{}", type), nothing);
        REQUIRE_FALSE(judged);
        CHECK(judged.error().status == 415);
        CHECK(judged.error().code == "unsupported_media_type");
    }
    constexpr bool untyped = true;
    CHECK(http::read_json(request("{}", ""), nothing, {100, untyped}));
    CHECK(http::read_json(request("{}", "text/plain"), nothing, {100, untyped}).error().status == 415);
    CHECK(http::read_json(request("{ }"), nothing, {3}));
    CHECK(http::read_json(request("{  }"), nothing, {3}).error().status == 413);
}

TEST_CASE("a body that is no object is pointed to as a whole") {
    for (const std::string body : {"[]", "1", "\"text\"", "null", "true", "1.5"}) {
        INFO(body);
        CHECK(outcome(body, [](JsonObject&) { FAIL("not to be read"); }) == "422 wrong_type ");
    }
    CHECK(detail("[]", nothing) == "The body must be an object, not a list.");
}

TEST_CASE("members that are missing, unknown or there twice are pointed to") {
    const JsonObject::Read read = [](JsonObject& body) {
        std::string text;
        std::optional<std::string> other;
        body.text("username", text);
        body.text("other", other);
        body.object("inner", [&](JsonObject& inner) { inner.text("name", text); });
    };
    CHECK(outcome(R"({"username":"a","inner":{"name":"b"}})", read) == "taken");
    CHECK(outcome(R"({"inner":{"name":"b"}})", read) == "422 missing_member /username");
    CHECK(outcome(R"({"username":"a"})", read) == "422 missing_member /inner");
    CHECK(outcome(R"({"username":"a","inner":{}})", read) == "422 missing_member /inner/name");
    CHECK(outcome(R"({"username":"a","inner":{"name":"b"},"x/y~z":1})", read) == "422 unknown_member /x~1y~0z");
    CHECK(outcome(R"({"username":"a","inner":{"name":"b","x":1}})", read) == "422 unknown_member /inner/x");
    CHECK(outcome(R"({"username":"a","inner":{"name":"b"},"":1})", read) == "422 unknown_member /");
    CHECK(outcome(R"({"username":"a","username":"a","inner":{"name":"b"}})", read) == "422 duplicate_member /username");
    CHECK(outcome(R"({"username":"a","inner":{"name":"b","name":"c"}})", read) == "422 duplicate_member /inner/name");
    CHECK(outcome("{}", nothing) == "taken");
    CHECK(outcome(R"({"a":1})", nothing) == "422 unknown_member /a");
}

TEST_CASE("a misspelt member is told rather than the one that is missing for it") {
    const JsonObject::Read read = [](JsonObject& body) {
        std::string text;
        body.text("username", text);
        body.text("password", text);
    };
    CHECK(outcome(R"({"usrname":"a","password":"b"})", read) == "422 unknown_member /usrname");
    CHECK(detail(R"({"usrname":"a","password":"b"})", read) ==
          "/usrname is not known here. Did you mean \"username\"?");
    CHECK(outcome(R"({"zzz":"a","password":"b"})", read) == "422 missing_member /username");
    CHECK(detail(R"({"password":"b"})", read) == "/username is missing.");
}

TEST_CASE("the pointer never grows with what a client calls its members") {
    const auto long_name = std::string(5000, 'x');
    CHECK(outcome("{\"" + long_name + "\":1}", nothing) == "422 unknown_member ");
}

TEST_CASE("values of a wrong type are refused without telling them") {
    const std::string secret = "open sesame";
    struct Case {
        std::string value, kind;
    };
    const std::vector<Case> values{{"{\"a\":1}", "an object"},
                                   {"[]", "a list"},
                                   {"\"x\"", "a text"},
                                   {"null", "null"},
                                   {"true", "true or false"},
                                   {"12", "a whole number"},
                                   {"-12", "a whole number"},
                                   {"1.0", "a number with a fraction or out of range"},
                                   {"99999999999999999999", "a number with a fraction or out of range"}};
    struct Reading {
        std::string expected;
        JsonObject::Read read;
    };
    std::string text;
    base::Secret password;
    int number = 0;
    bool flag = false;
    Role role = Role::read;
    std::vector<std::string> texts;
    http::Microseconds time;
    const std::vector<Reading> readings{
        {"a text", [&](JsonObject& body) { body.text("v", text); }},
        {"a text", [&](JsonObject& body) { body.secret("v", password, 1, 9); }},
        {"a text",
         [&](JsonObject& body) {
             body.choice("v", role, {{"x", Role::read}});
         }},
        {"a time as text", [&](JsonObject& body) { body.time("v", time); }},
        {"a whole number", [&](JsonObject& body) { body.whole("v", number, -100, 100); }},
        {"true or false", [&](JsonObject& body) { body.boolean("v", flag); }},
        {"a list", [&](JsonObject& body) { body.texts("v", texts, {}); }},
        {"a list", [&](JsonObject& body) { body.objects("v", {}, nothing); }},
        {"an object", [&](JsonObject& body) { body.object("v", [](JsonObject& inner) { (void)inner.has("a"); }); }},
        {"an object", [&](JsonObject& body) { body.optional_object("v", nothing); }},
    };
    for (const auto& [expected, read] : readings) {
        for (const auto& [value, kind] : values) {
            if (kind == expected || (expected == "a time as text" && kind == "a text")) continue;
            INFO(value << " where there should be " << expected);
            const auto body = "{\"v\":" + value + "}";
            CHECK(outcome(body, read) == "422 wrong_type /v");
            CHECK(detail(body, read) == "/v must be " + expected + ", not " + kind + ".");
        }
    }
    CHECK(text.empty());
    CHECK(detail(R"({"v":"open sesame"})", readings[4].read).find("sesame") == std::string::npos);
}

TEST_CASE("texts are measured in characters and hold no control characters unless they may") {
    std::string text;
    const auto with = [&](const http::TextRule& rule) {
        return JsonObject::Read([&text, rule](JsonObject& body) { body.text("t", text, rule); });
    };
    CHECK(outcome(R"({"t":""})", with({})) == "422 bad_value /t");
    CHECK(outcome(R"({"t":""})", with({0, 5})) == "taken");
    CHECK(outcome(R"({"t":"äöüßé"})", with({5, 5})) == "taken");
    CHECK(text == "äöüßé");
    CHECK(outcome(R"({"t":"äöüßéx"})", with({1, 5})) == "422 bad_value /t");
    CHECK(detail(R"({"t":"äöüßéx"})", with({1, 5})) == "/t must have 1 to 5 characters.");
    CHECK(detail(R"({"t":"a"})", with({2, 2})) == "/t must have 2 characters.");
    for (const std::string escape : {"\\n", "\\t", "\\u0000", "\\u001b", "\\u007f"}) {
        INFO(escape);
        const auto body = "{\"t\":\"a" + escape + "\"}";
        CHECK(outcome(body, with({})) == "422 bad_value /t");
        const bool line = escape == "\\n" || escape == "\\t";
        CHECK(outcome(body, with({1, 9, http::Characters::lines})) == (line ? "taken" : "422 bad_value /t"));
        CHECK(outcome(body, with({1, 9, http::Characters::any})) == "taken");
    }
}

TEST_CASE("numbers, words, lists and times out of their range are refused") {
    int number = 7;
    std::uint8_t small = 7;
    std::uint64_t large = 7;
    const auto within = [&](std::int64_t least, std::int64_t most) {
        return JsonObject::Read([&number, least, most](JsonObject& body) { body.whole("n", number, least, most); });
    };
    CHECK(outcome(R"({"n":1})", within(1, 5)) == "taken");
    CHECK(outcome(R"({"n":5})", within(1, 5)) == "taken");
    CHECK(outcome(R"({"n":0})", within(1, 5)) == "422 bad_value /n");
    CHECK(outcome(R"({"n":6})", within(1, 5)) == "422 bad_value /n");
    CHECK(outcome(R"({"n":18446744073709551615})", within(1, 5)) == "422 bad_value /n");
    CHECK(outcome(R"({"n":-9223372036854775808})", within(1, 5)) == "422 bad_value /n");
    CHECK(number == 5);
    CHECK(detail(R"({"n":6})", within(-1, 5)) == "/n must be from -1 to 5.");
    // The target's own range counts too.
    const JsonObject::Read into_small = [&](JsonObject& body) { body.whole("n", small, -1, 1000); };
    CHECK(outcome(R"({"n":255})", into_small) == "taken");
    CHECK(outcome(R"({"n":256})", into_small) == "422 bad_value /n");
    CHECK(outcome(R"({"n":-1})", into_small) == "422 bad_value /n");
    const JsonObject::Read into_large = [&](JsonObject& body) { body.whole("n", large, 0, INT64_MAX); };
    CHECK(outcome(R"({"n":9223372036854775807})", into_large) == "taken");
    CHECK(outcome(R"({"n":9223372036854775808})", into_large) == "422 bad_value /n");
    CHECK(large == 9223372036854775807U);

    Role role = Role::read;
    const JsonObject::Read word = [&](JsonObject& body) {
        body.choice("w", role, {{"read", Role::read}, {"operate", Role::operate}});
    };
    CHECK(outcome(R"({"w":"Read"})", word) == "422 bad_value /w");
    CHECK(detail(R"({"w":"sesame"})", word) == "/w must be one of read, operate.");

    std::vector<std::string> texts;
    const JsonObject::Read list = [&](JsonObject& body) { body.texts("l", texts, {1, 2}, {1, 3}); };
    CHECK(outcome(R"({"l":["a","b"]})", list) == "taken");
    CHECK(outcome(R"({"l":[]})", list) == "422 bad_value /l");
    CHECK(outcome(R"({"l":["a","b","c"]})", list) == "422 bad_value /l");
    CHECK(outcome(R"({"l":["a","long"]})", list) == "422 bad_value /l/1");
    CHECK(outcome(R"({"l":[1,"a"]})", list) == "422 wrong_type /l/0");
    CHECK(texts == std::vector<std::string>{"a", "b"});

    const JsonObject::Read objects = [&](JsonObject& body) {
        body.objects("o", {0, 2}, [&](JsonObject& element) { element.whole("n", number, 0, 9); });
    };
    CHECK(outcome(R"({"o":[{"n":1},{"n":10}]})", objects) == "422 bad_value /o/1/n");
    CHECK(outcome(R"({"o":[{"n":1},{}]})", objects) == "422 missing_member /o/1/n");
    CHECK(outcome(R"({"o":[{"n":1,"x":2}]})", objects) == "422 unknown_member /o/0/x");
    CHECK(outcome(R"({"o":[{"n":1},2]})", objects) == "422 wrong_type /o/1");

    http::Microseconds time;
    const JsonObject::Read when = [&](JsonObject& body) { body.time("t", time); };
    CHECK(outcome(R"({"t":"yesterday"})", when) == "422 bad_value /t");

    base::Secret secret;
    const JsonObject::Read hidden = [&](JsonObject& body) { body.secret("s", secret, 2, 3); };
    CHECK(outcome(R"({"s":"a"})", hidden) == "422 bad_value /s");
    CHECK(outcome(R"({"s":"abcd"})", hidden) == "422 bad_value /s");
    CHECK(detail(R"({"s":"abcd"})", hidden) == "/s must have 2 to 3 bytes.");
}

TEST_CASE("lists of lists of numbers have so many each, and are pointed to where they have not") {
    std::vector<std::vector<std::int64_t>> pairs;
    const JsonObject::Read read = [&](JsonObject& body) { body.number_lists("p", pairs, {0, 2}, 2); };
    CHECK(outcome(R"({"p":[[1,-2],[3,4]]})", read) == "taken");
    CHECK(pairs == std::vector<std::vector<std::int64_t>>{{1, -2}, {3, 4}});
    CHECK(outcome(R"({"p":[]})", read) == "taken");
    CHECK(outcome(R"({"p":5})", read) == "422 wrong_type /p");
    CHECK(outcome(R"({"p":[[1,2],[1,2],[1,2]]})", read) == "422 bad_value /p");
    for (const char* bad : {"[1]", "[1,2,3]", "5", "null", R"(["1",2])", "[1.5,2]", "[9223372036854775808,1]"})
        CHECK(outcome(R"({"p":[[1,2],)" + std::string(bad) + "]}", read) == "422 bad_value /p/1");
}

TEST_CASE("the first fault is told, and a handler can add what it finds itself") {
    std::string first;
    int number = 0;
    CHECK(outcome(R"({"a":1,"b":"x"})", [&](JsonObject& body) {
              body.text("a", first);
              body.whole("b", number, 0, 1);
              CHECK_FALSE(body.sound());
          }) == "422 wrong_type /a");
    const JsonObject::Read judging = [&](JsonObject& body) {
        body.text("a", first);
        if (body.sound() && first != "good") body.refuse_value("a", "must be good.");
    };
    CHECK(outcome(R"({"a":"good"})", judging) == "taken");
    CHECK(outcome(R"({"a":"bad"})", judging) == "422 bad_value /a");
    CHECK(detail(R"({"a":"bad"})", judging) == "/a must be good.");
    CHECK(outcome(R"({"a":1})", judging) == "422 wrong_type /a");
    CHECK(outcome(R"({"a":1})", [&](JsonObject& body) {
              body.text("a", first);
              body.refuse_value("a", "must be good.");
          }) == "422 wrong_type /a");
    CHECK(outcome(R"({"a":"good"})", [&](JsonObject& body) {
              CHECK(body.has("a"));
              CHECK_FALSE(body.has("b"));
              body.text("a", first);
          }) == "taken");
}

TEST_CASE("a refusal becomes a problem document with its pointer") {
    const auto judged = http::read_json(request(R"({"a~b":1})"), nothing);
    REQUIRE_FALSE(judged);
    const auto response = http::problem(judged.error());
    CHECK(response.status == 422);
    const auto document = nlohmann::json::parse(std::get<std::string>(response.body));
    CHECK(document["code"] == "unknown_member");
    CHECK(document["pointer"] == "/a~0b");
    CHECK(document["status"] == 422);
    CHECK(document["detail"] == "/a~0b is not known here.");
    CHECK_FALSE(nlohmann::json::parse(std::get<std::string>(http::problem(400, "x", "y").body)).contains("pointer"));
}

}  // namespace json_body_test
