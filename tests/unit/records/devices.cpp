#include "records/devices.hpp"

#include "records/api_keys.hpp"
#include "records/organizations.hpp"
#include "tests/unit/records/people.hpp"

#include <algorithm>

namespace devices_test {
namespace {

using namespace gatehouse::records;
using gatehouse::base::Error;
using gatehouse::base::ErrorKind;
using gatehouse::base::Secret;
using gatehouse::tests::add_user;
using gatehouse::tests::Box;
using gatehouse::tests::box_key;
using gatehouse::tests::error_of;
using gatehouse::tests::fresh_user;
using gatehouse::tests::new_year;
using gatehouse::tests::user_named;
using std::chrono::hours;
using std::chrono::minutes;

const std::string own_secret(32, 's');
const std::string other_secret(32, 'x');

DeviceRequest request(std::string id, const std::string& secret = own_secret, std::string network = "192.0.2.7") {
    std::string site = "site of " + network;
    return {std::move(id), DeviceKind::esa, Secret(secret), "2001:db8::1:2", std::move(network), std::move(site)};
}

struct Gate {
    Box box;
    Database database = box.open();
    Devices devices{database, box_key()};

    gatehouse::base::Result<DevicePoll> enter(DeviceRequest wish, Time now = new_year) {
        return devices.register_device(wish, now);
    }
    std::int64_t count(const std::string& table) {
        return database.query("SELECT count(*) FROM " + table)->front().integer(0);
    }
};

}  // namespace

TEST_CASE("a device that registers is a de-activated user with an organization of its name and an API key") {
    Gate gate;
    const auto poll = gate.enter(request("ESA-1_x"));
    REQUIRE(poll);
    CHECK(poll->state == DeviceState::deactivated);
    const User user = user_named(gate.database, "esa-1_X");
    CHECK(user.id == poll->user_id);
    CHECK(user.login == "ESA-1_x");
    CHECK(user.organization_name == "ESA-1_x");
    CHECK(user.device);
    CHECK(user.role == UserRole::user);
    CHECK_FALSE(user.active);
    CHECK_FALSE(user.has_password);
    REQUIRE(user.registration);
    const Registration& seen = *user.registration;
    CHECK(seen.state == DeviceState::deactivated);
    CHECK(seen.pending);
    CHECK(seen.kind == DeviceKind::esa);
    CHECK(seen.source_address == "2001:db8::1:2");
    CHECK(seen.first_seen == new_year);
    CHECK_FALSE(seen.last_poll);
    CHECK(seen.conflicts == 0);
    CHECK_FALSE(seen.last_conflict);
    CHECK(seen.expires == new_year + hours(24));
    CHECK(ApiKeys(gate.database, box_key()).show(user.id).value()->size() == issued_key_length);
    const auto organization = Organizations(gate.database).find(user.organization_id).value();
    CHECK(organization->device);
    CHECK_FALSE(organization->active);
}

TEST_CASE("a device that registers again with its secret is told its state, whatever the case of its id") {
    Gate gate;
    const auto first = gate.enter(request("esa1"));
    const auto again = gate.enter(request("ESA1"), new_year + hours(1));
    REQUIRE(again);
    CHECK(again->user_id == first->user_id);
    CHECK(again->state == DeviceState::deactivated);
    CHECK(user_named(gate.database, "esa1").registration->last_poll == new_year + hours(1));
    REQUIRE(Users(gate.database).activate("esa1", false, new_year));
    CHECK(gate.enter(request("esa1"))->state == DeviceState::active);
    CHECK(gate.count("users") == 1);
}

TEST_CASE("another secret, and the login or organization of people, are refused with one and the same error") {
    Gate gate;
    add_user(gate.database, "Ada");
    REQUIRE(Organizations(gate.database).make("Acme", new_year));
    REQUIRE(gate.enter(request("esa1")));
    const auto told = [&](const std::string& id) {
        Error error = error_of(gate.enter(request(id, other_secret), new_year + minutes(1)));
        const auto place = error.message.find(id);
        REQUIRE(place != std::string::npos);
        error.message.replace(place, id.size(), "ID");
        return error;
    };
    const Error error = told("esa1");
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "device_conflict");
    CHECK(told("ada") == error);
    CHECK(told("ACME") == error);
    CHECK(error_of(gate.enter(request("ada"))).code == "device_conflict");
    CHECK(gate.count("users") == 2);
    CHECK(gate.count("organizations") == 3);
    CHECK(gate.count("devices") == 1);
}

TEST_CASE("attempts with another secret are counted on the device, and change nothing else") {
    Gate gate;
    REQUIRE(gate.enter(request("esa1")));
    for (int i = 1; i <= 3; ++i)
        CHECK_FALSE(gate.enter(request("Esa1", other_secret), new_year + minutes(i)));
    const Registration seen = *user_named(gate.database, "esa1").registration;
    CHECK(seen.conflicts == 3);
    CHECK(seen.last_conflict == new_year + minutes(3));
    CHECK_FALSE(seen.last_poll);
    CHECK(gate.enter(request("esa1")));
}

TEST_CASE("a device whose id met conflicts is let in only when that is confirmed") {
    Gate gate;
    REQUIRE(gate.enter(request("esa1")));
    CHECK_FALSE(gate.enter(request("esa1", other_secret)));
    Users users(gate.database);
    const Error error = error_of(users.activate("esa1", false, new_year));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "device_conflicts");
    CHECK_FALSE(user_named(gate.database, "esa1").active);
    const auto active = users.activate("esa1", true, new_year);
    REQUIRE(active);
    CHECK(active->registration->state == DeviceState::active);
}

TEST_CASE("a device that was let in no longer expires, and its organization is active with it") {
    Gate gate;
    REQUIRE(gate.enter(request("esa1")));
    REQUIRE(Users(gate.database).activate("esa1", false, new_year));
    const User user = user_named(gate.database, "esa1");
    CHECK(is_let_in(user));
    CHECK_FALSE(user.registration->pending);
    CHECK_FALSE(user.registration->expires);
    CHECK(gate.devices.expire(new_year + hours(1000))->empty());
    REQUIRE(Users(gate.database).deactivate("esa1"));
    const User again = user_named(gate.database, "esa1");
    CHECK(again.registration->state == DeviceState::deactivated);
    CHECK_FALSE(again.registration->pending);
    CHECK(gate.devices.expire(new_year + hours(1000))->empty());
}

TEST_CASE("an organization that was de-activated on purpose stays so when its device is activated again") {
    Gate gate;
    REQUIRE(gate.enter(request("esa1")));
    Users users(gate.database);
    REQUIRE(users.activate("esa1", false, new_year));
    REQUIRE(users.deactivate("esa1"));
    REQUIRE(Organizations(gate.database).set_active(user_named(gate.database, "esa1").organization_id, false));
    const auto back = users.activate("esa1", false, new_year);
    REQUIRE(back);
    CHECK(back->active);
    CHECK_FALSE(is_let_in(*back));
    CHECK(gate.devices.poll("esa1", own_secret, new_year)->state == DeviceState::deactivated);
}

TEST_CASE("a device polls with its id and secret; anything else is refused alike") {
    Gate gate;
    const auto entered = gate.enter(request("esa1"));
    add_user(gate.database, "ada");
    const auto poll = gate.devices.poll("ESA1", own_secret, new_year + hours(2));
    REQUIRE(poll);
    CHECK(poll->user_id == entered->user_id);
    CHECK(poll->state == DeviceState::deactivated);
    const Registration seen = *user_named(gate.database, "esa1").registration;
    CHECK(seen.last_poll == new_year + hours(2));
    CHECK(seen.expires == new_year + hours(26));
    const Error error = error_of(gate.devices.poll("esa1", other_secret, new_year));
    CHECK(error.kind == ErrorKind::denied);
    CHECK(error.code == "device_unknown");
    CHECK(error_of(gate.devices.poll("esa2", own_secret, new_year)) == error);
    CHECK(error_of(gate.devices.poll("ada", own_secret, new_year)) == error);
    CHECK(error_of(gate.devices.poll("", "", new_year)) == error);
    CHECK(user_named(gate.database, "esa1").registration->conflicts == 0);
    REQUIRE(Users(gate.database).activate("esa1", false, new_year));
    CHECK(gate.devices.poll("esa1", own_secret, new_year)->state == DeviceState::active);
    CHECK(user_named(gate.database, "esa1").registration->last_poll == new_year + hours(2));  // not back in time
}

TEST_CASE("ids, secrets and nothing else are judged before anything is stored") {
    Gate gate;
    for (const std::string& id : {std::string(), std::string("a b"), std::string("a.b"), std::string("a/b"),
                                  std::string(66, 'a'), std::string("\xC3\xA4"), std::string("a\0", 2)}) {
        CAPTURE(id);
        CHECK(error_of(gate.enter(request(id))).code == "device_id_invalid");
    }
    for (const std::string& secret :
         {std::string(), std::string(31, 's'), std::string(257, 's'), std::string(31, 's') + "\n",
          std::string(31, 's') + "\x7F", std::string(31, 's') + "\xC3\xA4"}) {
        const Error error = error_of(gate.enter(request("esa1", secret)));
        CHECK(error.code == "secret_invalid");
        CHECK(error.kind == ErrorKind::input);
    }
    CHECK(gate.count("users") == 0);
    CHECK(gate.enter(request(std::string(65, 'a'), std::string(256, '~'))));
    for (const std::string_view reserved : {"root", "System", "self"})  // the audit means another by it
        CHECK(error_of(gate.enter(request(std::string(reserved)))).code == "device_id_invalid");
}

TEST_CASE("a network has at most twenty devices that wait; other networks, and those it has, are not held up") {
    Gate gate;
    for (int i = 0; i < Devices::most_pending_of_network; ++i)
        REQUIRE(gate.enter(request("flood" + std::to_string(i), own_secret, "198.51.100.1")));
    const Error error = error_of(gate.enter(request("one-more", own_secret, "198.51.100.1")));
    CHECK(error.kind == ErrorKind::unavailable);
    CHECK(error.code == "too_many_devices");
    CHECK(gate.count("organizations") == 20);
    CHECK(gate.enter(request("real", own_secret, "2001:db8::/64")));
    CHECK(gate.enter(request("flood0", own_secret, "198.51.100.1")));
    REQUIRE(Users(gate.database).activate("flood0", false, new_year));
    CHECK(gate.enter(request("one-more", own_secret, "198.51.100.1")));
    CHECK_FALSE(gate.enter(request("two-more", own_secret, "198.51.100.1")));
}

TEST_CASE("whoever has no room learns of no name, and only who has the secret is told its state") {
    Gate gate;
    const std::string network = "198.51.100.1";
    add_user(gate.database, "Ada");
    REQUIRE(Organizations(gate.database).make("Acme", new_year));
    REQUIRE(gate.enter(request("esa1")));
    for (int i = 0; i < Devices::most_pending_of_network; ++i)
        REQUIRE(gate.enter(request("flood" + std::to_string(i), own_secret, network)));
    const Error error = error_of(gate.enter(request("nobody", other_secret, network)));
    CHECK(error.code == "too_many_devices");
    for (const char* taken : {"ada", "ACME", "esa1", "flood0"}) {
        CAPTURE(taken);
        CHECK(error_of(gate.enter(request(taken, other_secret, network))) == error);
    }
    CHECK(user_named(gate.database, "esa1").registration->conflicts == 0);
    CHECK(gate.enter(request("esa1", own_secret, network)));
    CHECK(error_of(gate.enter(request("ada", other_secret, "192.0.2.9"))).code == "device_conflict");
}

TEST_CASE("a site has at most a hundred devices that wait, however many networks it has") {
    Gate gate;
    const auto from_site = [](int number, const char* site) {
        DeviceRequest wish = request("flood" + std::to_string(number), own_secret, "network" + std::to_string(number));
        wish.site = site;
        return wish;
    };
    int number = 0;
    for (; number < Devices::most_pending_of_site; ++number)
        REQUIRE(gate.enter(from_site(number, "2001:db8:1::")));
    CHECK(error_of(gate.enter(from_site(number, "2001:db8:1::"))).code == "too_many_devices");
    CHECK(gate.enter(from_site(number, "2001:db8:2::")));
    REQUIRE(Users(gate.database).activate("flood0", false, new_year));
    CHECK(gate.enter(from_site(++number, "2001:db8:1::")));
}

TEST_CASE("devices that wait are bounded in all, whatever networks they come from") {
    Gate gate;
    REQUIRE(gate.enter(request("first")));
    REQUIRE(gate.database.change(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) "
        "INSERT INTO users (organization_id, login, name, email, title, role, active, device, initial_password, "
        "submission_limits, created) SELECT 1, 'd' || i, '', '', '', 'user', 0, 1, 0, '[]', 0 FROM n",
        {Devices::most_pending - 1}));
    REQUIRE(gate.database.change(
        "INSERT INTO devices (user_id, kind, digest, address, network, first_seen, conflicts) "
        "SELECT id, 'esa', CAST(login AS BLOB), '', 'network ' || login, 0, 0 FROM users WHERE login <> 'first'",
        {}));
    CHECK(error_of(gate.enter(request("late"))).code == "too_many_devices");
    CHECK(gate.devices.expire(new_year)->size() == static_cast<std::size_t>(Devices::most_pending - 1));
    CHECK(gate.enter(request("late")));
}

TEST_CASE("a device that waits and does not ask for a day is forgotten, with its organization") {
    Gate gate;
    REQUIRE(gate.enter(request("silent")));
    REQUIRE(gate.enter(request("asks")));
    REQUIRE(gate.devices.poll("asks", own_secret, new_year + hours(1)));
    CHECK(gate.devices.expire(new_year + hours(24) - std::chrono::microseconds(1))->empty());
    CHECK(gate.devices.expire(new_year + hours(24)).value() == std::vector<std::string>{"silent"});
    CHECK_FALSE(Users(gate.database).find("silent").value());
    CHECK_FALSE(Organizations(gate.database).find_named("silent").value());
    CHECK(gate.devices.expire(new_year + hours(25)).value() == std::vector<std::string>{"asks"});
    CHECK(gate.count("users") == 0);
    CHECK(gate.count("api_keys") == 0);
    CHECK(gate.count("organizations") == 0);
}

TEST_CASE("reset discards the registration, the user and its empty organization; the id is free for another secret") {
    Gate gate;
    REQUIRE(gate.enter(request("esa1")));
    CHECK_FALSE(gate.enter(request("esa1", other_secret)));
    REQUIRE(gate.devices.reset("ESA1"));
    CHECK(gate.count("users") == 0);
    CHECK(gate.count("devices") == 0);
    CHECK(gate.count("organizations") == 0);
    REQUIRE(gate.enter(request("esa1", other_secret)));
    CHECK(user_named(gate.database, "esa1").registration->conflicts == 0);
    CHECK_FALSE(gate.devices.poll("esa1", own_secret, new_year));
}

TEST_CASE("reset leaves an organization that others belong or refer to, and the device may come back to it") {
    Gate gate;
    const bool people = GENERATE(true, false);
    REQUIRE(gate.enter(request("esa1")));
    const auto home = user_named(gate.database, "esa1").organization_id;
    if (people) {
        auto fresh = fresh_user(gate.database, "ada");
        fresh.organization_id = home;
        REQUIRE(Users(gate.database).make(fresh, new_year));
    } else {
        REQUIRE(gate.database.run_script("CREATE TABLE things (home INTEGER REFERENCES organizations (id)) STRICT"));
        REQUIRE(gate.database.change("INSERT INTO things (home) VALUES ($1)", {home}));
    }
    REQUIRE(gate.devices.reset("esa1"));
    CHECK_FALSE(Users(gate.database).find("esa1").value());
    REQUIRE(Organizations(gate.database).find(home).value());
    REQUIRE(gate.enter(request("esa1", other_secret)));
    CHECK(user_named(gate.database, "esa1").organization_id == home);
}

TEST_CASE("only a device has a registration to reset") {
    Gate gate;
    add_user(gate.database, "ada");
    const Error error = error_of(gate.devices.reset("ada"));
    CHECK(error.kind == ErrorKind::not_found);
    CHECK(error.code == "no_registration");
    CHECK(error_of(gate.devices.reset("nobody")).code == "no_user");
    CHECK(Users(gate.database).find("ada").value());
}

TEST_CASE("what requests are checked with holds each device's digest and user, de-activated ones too") {
    Gate gate;
    add_user(gate.database, "ada");
    REQUIRE(gate.enter(request("esa1")));
    REQUIRE(gate.enter(request("esa2")));
    REQUIRE(Users(gate.database).activate("esa2", false, new_year));
    const auto live = gate.devices.live();
    REQUIRE(live);
    REQUIRE(live->size() == 2);
    const KeyedDigests digests(box_key());
    CHECK((*live)[0].digest == digests.of_device("esa1", own_secret));
    CHECK((*live)[0].who.login == "esa1");
    CHECK_FALSE(is_let_in((*live)[0].who));
    CHECK((*live)[1].digest == digests.of_device("esa2", own_secret));
    CHECK(is_let_in((*live)[1].who));
    const auto id = (*live)[0].who.id;
    REQUIRE(gate.devices.touch(std::vector<Sighting>{{id, new_year + hours(3)}, {99, new_year}}));
    REQUIRE(gate.devices.touch(std::vector<Sighting>{{id, new_year}}));
    CHECK(user_named(gate.database, "esa1").registration->last_poll == new_year + hours(3));
}

TEST_CASE("the secret is not in the file") {
    Gate gate;
    const std::string secret = "a-secret-that-is-chosen-by-the-device";
    REQUIRE(gate.enter(request("esa1", secret)));
    REQUIRE(gate.database.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    const auto contents = gate.box.files.read(gate.box.file, 1U << 24U);
    CHECK(contents->bytes.reveal().find(secret) == std::string_view::npos);
}

TEST_CASE("kinds are told by their names and back") {
    for (const DeviceKind kind : {DeviceKind::esa, DeviceKind::wsa, DeviceKind::amp, DeviceKind::other})
        CHECK(device_kind_of(name(kind)) == kind);
    CHECK_FALSE(device_kind_of("ESA"));
    CHECK(name(DeviceState::deactivated) == "deactivated");
    CHECK(name(DeviceState::active) == "active");
}

}  // namespace devices_test
