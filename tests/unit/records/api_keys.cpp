#include "records/api_keys.hpp"

#include "records/organizations.hpp"
#include "tests/unit/records/people.hpp"

#include <set>
#include <stdexcept>

namespace api_keys_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::ErrorKind;
using gatehouse::base::Secret;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::box_key;
using gatehouse::tests::error_of;
using gatehouse::tests::fresh_user;
using gatehouse::tests::holder;
using gatehouse::tests::new_year;

std::string issued(Database& database, std::int64_t user_id) {
    const auto key = ApiKeys(database, box_key()).regenerate(user_id, new_year);
    REQUIRE(key);
    return std::string(key->reveal());
}

}  // namespace

TEST_CASE("an issued key has 26 characters of a-z and 0-9, and no two are the same") {
    Box box;
    auto database = box.open();
    const auto ada = add_user(database, "ada");
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
        const std::string key = issued(database, ada);
        CHECK(key.size() == 26);
        CHECK(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
        CHECK(check_api_key(key));
        seen.insert(key);
    }
    CHECK(seen.size() == 50);
}

TEST_CASE(
    "a key finds its user and is shown again, also after the database was opened anew; a former one is nobody's") {
    Box box;
    std::string former;
    std::string key;
    {
        auto database = box.open();
        const auto ada = add_user(database, "ada");
        CHECK_FALSE(ApiKeys(database, box_key()).show(ada).value());
        former = issued(database, ada);
        key = issued(database, ada);
    }
    auto database = box.open();
    ApiKeys keys(database, box_key());
    const auto owner = holder(database, key);
    REQUIRE(owner);
    CHECK(owner->login == "ada");
    CHECK(keys.show(owner->id).value()->reveal() == key);
    CHECK_FALSE(holder(database, former));
    CHECK_FALSE(holder(database, ""));
    CHECK_FALSE(keys.show(99).value());
}

TEST_CASE("neither the key nor its plain digest is in the file") {
    Box box;
    auto database = box.open();
    const std::string key = issued(database, add_user(database, "ada"));
    REQUIRE(database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    const auto contents = box.files.read(box.file, 1U << 24U);
    REQUIRE(contents);
    CHECK(contents->bytes.reveal().find(key) == std::string_view::npos);
    const Digest plain = digest_of(key);
    CHECK(contents->bytes.reveal().find(bytes_of(plain).data) == std::string_view::npos);
}

TEST_CASE("without the box's key a key neither is found nor can be shown") {
    Box box;
    auto database = box.open();
    const auto ada = add_user(database, "ada");
    const std::string key = issued(database, ada);
    const Secret other_box(std::string_view("another box's key"));
    ApiKeys stranger(database, other_box);
    CHECK_FALSE(holder(database, key, other_box));
    const auto error = error_of(stranger.show(ada));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "api_key_locked");
    CHECK_THROWS_AS(ApiKeys(database, Secret(std::string_view("short"))), std::invalid_argument);
}

TEST_CASE("a sealed key that is moved to another user does not open") {
    Box box;
    auto database = box.open();
    const auto ada = add_user(database, "ada");
    const auto bo = add_user(database, "bo");
    issued(database, ada);
    issued(database, bo);
    REQUIRE(
        database.change("UPDATE api_keys SET sealed = (SELECT sealed FROM api_keys WHERE user_id = $1) "
                        "WHERE user_id = $2",
                        {ada, bo}));
    CHECK(error_of(ApiKeys(database, box_key()).show(bo)).code == "api_key_locked");
}

TEST_CASE("a key brought from elsewhere is kept if it has 20 to 64 letters and digits; case counts") {
    Box box;
    auto database = box.open();
    const auto ada = add_user(database, "ada");
    ApiKeys keys(database, box_key());
    for (const std::string& wrong :
         {std::string(), std::string(19, 'a'), std::string(65, 'a'), std::string("has-a-hyphen-in-it-0123"),
          std::string("0123456789012345678\xC3\xA4"), std::string("01234567890123456789\0", 21)}) {
        const auto error = error_of(keys.keep(ada, wrong, new_year));
        CHECK(error.code == "api_key_invalid");
        if (!wrong.empty()) CHECK(error.text().find(wrong) == std::string::npos);
    }
    REQUIRE(keys.keep(ada, std::string(20, 'a'), new_year));
    REQUIRE(keys.keep(ada, std::string(64, 'Z'), new_year));
    CHECK(holder(database, std::string(64, 'Z'))->login == "ada");
    CHECK_FALSE(holder(database, std::string(64, 'z')));
    CHECK_FALSE(holder(database, std::string(20, 'a')));
    REQUIRE(keys.keep(ada, std::string(64, 'Z'), new_year));  // its own again
}

TEST_CASE("a key belongs to one user") {
    Box box;
    auto database = box.open();
    const auto ada = add_user(database, "ada");
    const auto bo = add_user(database, "bo");
    const std::string key = issued(database, ada);
    const std::string own = issued(database, bo);
    ApiKeys keys(database, box_key());
    const auto error = error_of(keys.keep(bo, key, new_year));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "api_key_exists");
    CHECK(holder(database, own)->id == bo);
    CHECK(error_of(keys.regenerate(99, new_year)).code == "no_user");
    REQUIRE(Users(database).remove("ada"));
    CHECK_FALSE(holder(database, key));
    REQUIRE(keys.keep(bo, key, new_year));
}

TEST_CASE("what requests are checked with holds each key and its user as they are, de-activated ones too") {
    Box box;
    auto database = box.open();
    add_user(database, "without-key");
    const std::string ada = issued(database, add_user(database, "ada", UserRole::admin));
    const std::string bo = issued(database, add_user(database, "bo"));
    REQUIRE(Users(database).deactivate("bo"));
    const auto live = ApiKeys(database, box_key()).live();
    REQUIRE(live);
    REQUIRE(live->size() == 2);
    const KeyedDigests digests(box_key());
    CHECK((*live)[0].digest == digests.of_api_key(ada));
    CHECK((*live)[0].who.login == "ada");
    CHECK((*live)[0].who.role == UserRole::admin);
    CHECK(is_let_in((*live)[0].who));
    CHECK((*live)[1].digest == digests.of_api_key(bo));
    CHECK_FALSE(is_let_in((*live)[1].who));
    REQUIRE(Organizations(database).make("spare", new_year));
    REQUIRE(database.change("UPDATE organizations SET active = 0 WHERE name = 'default'", {}));
    const auto later = ApiKeys(database, box_key()).live();
    CHECK_FALSE(is_let_in(later->front().who));
    CHECK(later->front().who.active);
}

TEST_CASE("a user that is made comes with an API key, or not at all") {
    Box box;
    auto database = box.open();
    const auto made = make_user(database, box_key(), fresh_user(database, "ada"), new_year);
    REQUIRE(made);
    CHECK(ApiKeys(database, box_key()).show(made->id).value()->size() == issued_key_length);
    CHECK(error_of(make_user(database, box_key(), fresh_user(database, "ADA"), new_year)).code == "user_exists");
    REQUIRE(database.run_script("ALTER TABLE api_keys RENAME TO api_keys_gone"));
    CHECK_FALSE(make_user(database, box_key(), fresh_user(database, "bo"), new_year));
    CHECK_FALSE(Users(database).find("bo").value());
}

TEST_CASE("digests of keys and of devices are of different kinds, and of this box") {
    const KeyedDigests digests(box_key());
    const KeyedDigests others(Secret(std::string_view("another box's key")));
    CHECK(digests.of_api_key("k") == KeyedDigests(box_key()).of_api_key("k"));
    CHECK(digests.of_api_key("k") != others.of_api_key("k"));
    CHECK(digests.of_device("d", "s") != others.of_device("d", "s"));
    CHECK(digests.of_device("D", "s") == digests.of_device("d", "s"));
    CHECK(digests.of_device("d", "S") != digests.of_device("d", "s"));
    CHECK(digests.of_device("da", "b") != digests.of_device("d", "ab"));
    CHECK(digests.of_device("", std::string("k")) != digests.of_api_key(std::string("\0k", 2)));
}

}  // namespace api_keys_test
