#include "records/choices.hpp"

#include "records/settings.hpp"
#include "tests/unit/records/box.hpp"

#include <catch2/catch.hpp>

namespace records_choices_test {

using namespace gatehouse;
using namespace gatehouse::records;

TEST_CASE("choices come back as they were kept, each door's by itself") {
    const tests::Box box;
    auto database = box.open();
    CHECK(read_choices(database).value() == config::Choices{});
    const config::DoorChoices clean{"gw.example", config::TlsPolicy::modern, true};
    REQUIRE(keep_choices(database, config::Interface::clean, clean, now()));
    CHECK(read_choices(database).value() == config::Choices{clean, {}});
    const config::DoorChoices admin{"", config::TlsPolicy::intermediate, false};
    REQUIRE(keep_choices(database, config::Interface::admin, admin, now()));
    CHECK(read_choices(database).value() == config::Choices{clean, admin});
    REQUIRE(keep_choices(database, config::Interface::clean, {}, now()));
    CHECK(read_choices(database).value() == config::Choices{{}, admin});
}

TEST_CASE("a kept value that does not fit counts as not chosen, the others of its door all the same") {
    const tests::Box box;
    auto database = box.open();
    for (const char* text : {"7", "[]", "null", R"({"hostname": 7, "policy": [], "legacy_tls": "yes"})",
                             R"({"hostname": "a b", "policy": "legacy", "legacy_tls": 1})"}) {
        CAPTURE(text);
        REQUIRE(Settings(database).put("door.clean", text, now()));
        CHECK(read_choices(database).value() == config::Choices{});
    }
    REQUIRE(Settings(database).put("door.clean", R"({"hostname": "a b", "policy": "modern", "later": 1})", now()));
    CHECK(read_choices(database)->clean == config::DoorChoices{"", config::TlsPolicy::modern, false});
}

}  // namespace records_choices_test
