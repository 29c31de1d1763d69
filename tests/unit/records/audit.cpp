#include "records/audit.hpp"

#include "tests/unit/records/box.hpp"

#include <set>

namespace audit_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::tests::Box;
using gatehouse::tests::error_of;
using gatehouse::tests::new_year;
using std::chrono::seconds;

AuditEntry entry(std::string actor, std::string action) {
    AuditEntry made;
    made.actor = std::move(actor);
    made.via = Via::session;
    made.address = "192.0.2.7";
    made.action = std::move(action);
    made.object = "admin";
    return made;
}

std::int64_t count(Database& database) {
    return database.query("SELECT count(*) FROM audit")->front().integer(0);
}

// The objects of all pages, put together.
std::vector<std::string> objects(Audit& audit, const AuditFilter& filter, std::size_t limit) {
    std::vector<std::string> all;
    std::string cursor;
    while (true) {
        const auto page = audit.list(filter, cursor, limit);
        REQUIRE(page);
        CHECK(page->records.size() <= limit);
        for (const AuditRecord& record : page->records)
            all.push_back(record.entry.object);
        if (!page->next) return all;
        CHECK(page->records.size() == limit);
        cursor = *page->next;
    }
}

}  // namespace

TEST_CASE("a record is found as it was added, also after a restart") {
    Box box;
    {
        auto database = box.open();
        auto made = entry("ada", "certificate.upload");
        made.via = Via::console;
        made.refusal = "key_mismatch";
        made.detail = R"({ "before": "aa", "after": "bb" })";
        REQUIRE(Audit(database).add(made, new_year + std::chrono::microseconds(1)));
    }
    auto database = box.open();
    const auto page = Audit(database).list({}, "", 10);
    REQUIRE(page);
    REQUIRE(page->records.size() == 1);
    CHECK_FALSE(page->next);
    const AuditRecord& record = page->records.front();
    CHECK(record.at == new_year + std::chrono::microseconds(1));
    CHECK(record.entry.actor == "ada");
    CHECK(record.entry.via == Via::console);
    CHECK(record.entry.address == "192.0.2.7");
    CHECK(record.entry.action == "certificate.upload");
    CHECK(record.entry.object == "admin");
    CHECK(record.entry.refusal == "key_mismatch");
    CHECK(record.entry.detail == R"({"after":"bb","before":"aa"})");
}

TEST_CASE("every way in which an actor comes is kept") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    for (const Via via : {Via::session, Via::token, Via::console, Via::system}) {
        auto made = entry("ada", "a");
        made.via = via;
        REQUIRE(audit.add(made, new_year));
        CHECK(audit.list({}, "", 1)->records.front().entry.via == via);
    }
}

TEST_CASE("the schema refuses to change, remove or replace a record") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    REQUIRE(audit.add(entry("ada", "session.begin"), new_year));
    const std::string_view replacing =
        "INSERT OR REPLACE INTO audit (id, at, actor, via, address, action, object, refusal, detail) "
        "VALUES (1, 0, 'eve', 'system', '', '', '', '', '{}')";
    for (const std::string_view sql :
         {std::string_view("UPDATE audit SET actor = 'eve'"), std::string_view("DELETE FROM audit"),
          std::string_view("DELETE FROM audit WHERE id = 1"), replacing,
          std::string_view("UPDATE OR IGNORE audit SET id = 2")}) {
        CAPTURE(sql);
        const auto error = error_of(database.query(sql));
        CHECK(error.kind == ErrorKind::denied);
        CHECK(error.code == "record_protected");
    }
    CHECK(audit.list({}, "", 10)->records.front().entry.actor == "ada");
    CHECK(count(database) == 1);
}

TEST_CASE("pages of every size give all records once, the newest first") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    std::vector<std::string> expected;
    for (int i = 0; i < 25; ++i) {
        auto made = entry("ada", "a");
        made.object = std::to_string(i);
        // A clock that is set back does not change what came after what.
        REQUIRE(audit.add(made, new_year - seconds(i)));
        expected.insert(expected.begin(), made.object);
    }
    for (const std::size_t limit : {1U, 2U, 5U, 7U, 24U, 25U, 26U})
        CHECK(objects(audit, {}, limit) == expected);
    CHECK(audit.list({}, "", 0)->records.size() == 1);
}

TEST_CASE("a page is bounded, whatever is asked for") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    {
        auto transaction = Transaction::begin(database);
        for (std::size_t i = 0; i < Audit::most_of_page + 1; ++i)
            REQUIRE(audit.add(entry("ada", "a"), new_year));
        REQUIRE(transaction->commit());
    }
    const auto page = audit.list({}, "", 1'000'000);
    CHECK(page->records.size() == Audit::most_of_page);
    REQUIRE(page->next);
    CHECK(audit.list({}, *page->next, 1'000'000)->records.size() == 1);
}

TEST_CASE("records that are added meanwhile do not shift the pages") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    for (int i = 0; i < 4; ++i)
        REQUIRE(audit.add(entry("ada", std::to_string(i)), new_year));
    const auto first = audit.list({}, "", 2);
    REQUIRE(audit.add(entry("ada", "new"), new_year));
    const auto second = audit.list({}, *first->next, 2);
    REQUIRE(second->records.size() == 2);
    CHECK(second->records[0].entry.action == "1");
    CHECK(second->records[1].entry.action == "0");
    CHECK_FALSE(second->next);
}

TEST_CASE("the filter takes actor, action and time, alone and together, over pages") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    for (int i = 0; i < 40; ++i) {
        auto made = entry(i % 2 == 0 ? "ada" : "bob", i % 4 < 2 ? "in" : "out");
        made.object = std::to_string(i);
        REQUIRE(audit.add(made, new_year + seconds(i)));
    }
    CHECK(objects(audit, {.actor = "ada"}, 3).size() == 20);
    CHECK(objects(audit, {.actor = "Ada"}, 3).empty());
    CHECK(objects(audit, {.action = "out"}, 7).size() == 20);
    CHECK(objects(audit, {.actor = "bob", .action = "out"}, 3).size() == 10);
    CHECK(objects(audit, {.since = new_year + seconds(38)}, 3) == std::vector<std::string>{"39", "38"});
    CHECK(objects(audit, {.until = new_year + seconds(2)}, 1) == std::vector<std::string>{"1", "0"});
    CHECK(objects(audit,
                  {.actor = "ada", .action = "in", .since = new_year + seconds(4), .until = new_year + seconds(9)},
                  1) == std::vector<std::string>{"8", "4"});
    CHECK(error_of(audit.list({.actor = std::string("a\0", 2)}, "", 3)).kind == ErrorKind::input);
}

TEST_CASE("the filter takes a group of actions, a door, and whether it was done") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    const auto add = [&](std::string object, std::string action, std::string detail, std::string refusal = "") {
        auto made = entry("ada", std::move(action));
        made.object = std::move(object);
        made.detail = std::move(detail);
        made.refusal = std::move(refusal);
        REQUIRE(audit.add(made, new_year));
    };
    add("1", "certificate.uploaded", R"({"interface":"clean","change_id":"c"})");
    add("2", "certificate.requested", R"({"interface": "admin"})", "request_pending");
    add("3", "certificates.uploaded", "{}");
    add("4", "certificate", R"({"told":"\"interface\":\"clean\""})", "x");
    using Objects = std::vector<std::string>;
    CHECK(objects(audit, {.action = "certificate"}, 2) == Objects{"4", "2", "1"});
    CHECK(objects(audit, {.action = "certificate.uploaded"}, 2) == Objects{"1"});
    CHECK(objects(audit, {.action = "cert"}, 2).empty());
    CHECK(objects(audit, {.action = "%"}, 2).empty());
    CHECK(objects(audit, {.interface = gatehouse::config::Interface::clean}, 2) == Objects{"1"});
    CHECK(objects(audit, {.interface = gatehouse::config::Interface::admin}, 2) == Objects{"2"});
    CHECK(objects(audit, {.refused = true}, 1) == Objects{"4", "2"});
    CHECK(objects(audit, {.refused = false}, 1) == Objects{"3", "1"});
    CHECK(objects(audit, {.action = "certificate", .refused = true}, 1) == Objects{"4", "2"});
}

TEST_CASE("what is no cursor is refused") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    for (const std::string& bad :
         {std::string("1"), std::string("a"), std::string("a0"), std::string("a-1"), std::string("a1x"),
          std::string("a 1"), std::string("b1"), std::string("a99999999999999999999"), std::string("a1\0", 3)}) {
        const auto error = error_of(audit.list({}, bad, 10));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error.code == "cursor_invalid");
    }
    CHECK(audit.list({}, "a9223372036854775807", 10));
}

TEST_CASE("texts of strangers are stored printable and cut") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    auto made = entry(std::string("eve\0\n\xFF", 6) + std::string(1000, 'x'), std::string(1000, 'y'));
    made.object = std::string(100'000, 'z');
    made.address = std::string(1000, '1');
    made.refusal = std::string(1000, 'r');
    REQUIRE(audit.add(made, new_year));
    const auto record = audit.list({}, "", 1)->records.front();
    CHECK(record.entry.actor == "eve???" + std::string(250, 'x'));
    CHECK(record.entry.action.size() == 64);
    CHECK(record.entry.object.size() == 1024);
    CHECK(record.entry.address.size() == 64);
    CHECK(record.entry.refusal.size() == 64);
}

TEST_CASE("details are a JSON object of bounded size, or the record is refused") {
    Box box;
    auto database = box.open();
    Audit audit(database);
    auto made = entry("ada", "a");
    for (const std::string& bad :
         {std::string(), std::string("null"), std::string("[]"), std::string("{"),
          "{\"a\":\"" + std::string(16UL * 1024, 'x') + "\"}", std::string("{\"a\":\"\xFF\"}")}) {
        made.detail = bad;
        CHECK(error_of(audit.add(made, new_year)).code == "audit_invalid");
    }
    CHECK(count(database) == 0);
}

TEST_CASE("a record and the change it is about are added together or not at all") {
    Box box;
    auto database = box.open();
    {
        auto transaction = Transaction::begin(database);
        REQUIRE(Operators(database).make(gatehouse::tests::fresh_operator("ada"), new_year));
        REQUIRE(Audit(database).add(entry("system", "operator.make"), new_year));
    }
    CHECK(count(database) == 0);
    CHECK(Operators(database).list()->empty());
}

}  // namespace audit_test
