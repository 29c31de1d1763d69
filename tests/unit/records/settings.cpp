#include "records/settings.hpp"

#include "tests/unit/records/box.hpp"

namespace settings_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;

std::optional<std::string> value_of(Settings& settings, std::string_view name) {
    const auto found = settings.get(name);
    REQUIRE(found);
    return *found;
}

}  // namespace

TEST_CASE("a setting is what was put last, also after a restart, until it is removed") {
    Box box;
    {
        auto database = box.open();
        Settings settings(database);
        CHECK(value_of(settings, "clean.hostname") == std::nullopt);
        REQUIRE(settings.put("clean.hostname", "\"a.example.test\"", new_year));
        REQUIRE(settings.put("clean.hostname", "\"b.example.test\"", new_year));
        REQUIRE(settings.put("dns", " { \"dirty\" : [ \"192.0.2.53\" ] } ", new_year));
    }
    auto database = box.open();
    Settings settings(database);
    CHECK(value_of(settings, "clean.hostname") == "\"b.example.test\"");
    CHECK(settings.all() == std::map<std::string, std::string>{{"clean.hostname", "\"b.example.test\""},
                                                               {"dns", R"({"dirty":["192.0.2.53"]})"}});
    REQUIRE(settings.remove("clean.hostname"));
    REQUIRE(settings.remove("clean.hostname"));
    REQUIRE(settings.remove("no name"));
    CHECK(value_of(settings, "clean.hostname") == std::nullopt);
    CHECK(settings.all()->size() == 1);
}

TEST_CASE("every JSON value can be a setting") {
    Box box;
    auto database = box.open();
    Settings settings(database);
    for (const std::string& json : {std::string("null"), std::string("true"), std::string("0"), std::string("[]"),
                                    std::string("\"\\u0000\""), std::string("\"\xC3\xBC\"")}) {
        REQUIRE(settings.put("a", json, new_year));
        CHECK(value_of(settings, "a") == json);
    }
}

TEST_CASE("what is no name or no JSON is refused, and the former value stays") {
    Box box;
    auto database = box.open();
    Settings settings(database);
    REQUIRE(settings.put("a", "1", new_year));
    for (const std::string& bad :
         {std::string(), std::string("{"), std::string("a"), std::string("1 2"), std::string("{\"a\":1,\"a\":2}"),
          std::string("\"\xFF\""), "\"" + std::string(64UL * 1024, 'x') + "\"",
          std::string(1000, '[') + std::string(1000, ']')}) {
        CAPTURE(bad.substr(0, 20), bad.size());
        const auto error = error_of(settings.put("a", bad, new_year));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error.code == "setting_invalid");
    }
    for (const std::string& bad :
         {std::string(), std::string("A"), std::string("a b"), std::string(129, 'a'), std::string("a\0b", 3)}) {
        CHECK(error_of(settings.put(bad, "1", new_year)).code == "setting_invalid");
        CHECK(value_of(settings, bad) == std::nullopt);
    }
    CHECK(value_of(settings, "a") == "1");
}

}  // namespace settings_test
