#include "records/users_key.hpp"

#include "records/api_keys.hpp"
#include "records/devices.hpp"
#include "tests/unit/records/dispositions.hpp"
#include "tests/unit/records/people.hpp"

#include <sys/stat.h>
#include <thread>
#include <vector>

namespace users_key_test {
namespace {

using namespace gatehouse;
using namespace gatehouse::records;
namespace fs = std::filesystem;

struct State {
    tests::Box box;
    Database database = box.open();
    fs::path file = box.folder / "vault" / "users.key";

    UsersKey take() { return users_key(box.files, box.folder.path(), database); }
    void place(const std::string& bytes) const {
        fs::create_directories(file.parent_path());
        box.folder.write("vault/users.key", bytes);
    }
    void check_locked(const std::string& code) {
        const UsersKey one = take();
        const UsersKey two = take();
        REQUIRE(one.trouble);
        CHECK(one.trouble->code == code);
        CHECK(one.trouble->message.find(file.string()) != std::string::npos);
        CHECK(one.key.size() >= 16);
        CHECK_FALSE(one.key.equals(two.key.reveal()));
    }
};

mode_t mode_of(const fs::path& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

}  // namespace

TEST_CASE("the users' key is made once, for the daemon's user alone, and found again") {
    State state;
    const UsersKey made = state.take();
    CHECK_FALSE(made.trouble);
    CHECK(made.key.size() == 32);
    CHECK(mode_of(state.file) == 0600);
    CHECK(mode_of(state.file.parent_path()) == 0700);
    const UsersKey found = state.take();
    CHECK_FALSE(found.trouble);
    CHECK(found.key.equals(made.key.reveal()));
}

TEST_CASE("no new users' key is made over API keys, devices or services that the missing one was used for") {
    State state;
    const int used_for = GENERATE(0, 1, 2);
    if (used_for == 2) {
        tests::add_service(state.database);
    } else if (used_for == 1) {
        const auto ada = tests::add_user(state.database, "ada");
        REQUIRE(ApiKeys(state.database, tests::box_key()).regenerate(ada, tests::new_year));
    } else {
        REQUIRE(Devices(state.database, tests::box_key())
                    .register_device({"esa", DeviceKind::esa, base::Secret(std::string(32, 's')), "", ""},
                                     tests::new_year));
        REQUIRE(state.database.change("DELETE FROM api_keys", {}));
    }
    state.check_locked("users_key_locked");
    CHECK_FALSE(fs::exists(state.file));
    const std::string advice = state.take().trouble->advice;
    CHECK_THAT(advice, Catch::Contains("runuser -u ") && Catch::Contains("umask 077;") &&
                           Catch::EndsWith(" sh " + state.file.string()));
    state.place("0123456789abcdef");
    const UsersKey found = state.take();
    CHECK_FALSE(found.trouble);
    CHECK(found.key.reveal() == "0123456789abcdef");
}

TEST_CASE("users without API keys do not stand in the way of a new key") {
    State state;
    tests::add_user(state.database, "ada");
    CHECK_FALSE(state.take().trouble);
}

TEST_CASE("a file that is no users' key is left as it is, and a link in its place is not followed") {
    State small;
    small.place("0123456789abcde");
    small.check_locked("users_key_locked");
    CHECK(small.box.files.read(small.file, 100)->bytes.reveal() == "0123456789abcde");
    State large;
    large.place(std::string(4097, 'x'));
    large.check_locked("file_too_large");
    State linked;
    linked.box.folder.write("elsewhere", "0123456789abcdef");
    fs::create_directory(linked.file.parent_path());
    fs::create_symlink(linked.box.folder / "elsewhere", linked.file);
    const UsersKey found = linked.take();
    REQUIRE(found.trouble);
    CHECK_FALSE(found.key.reveal() == "0123456789abcdef");
    CHECK(fs::is_symlink(linked.file));
}

TEST_CASE("where the users' key can't be written, or the database not be read, the key is one of the moment") {
    State state;
    const bool blocked = GENERATE(true, false);
    if (blocked) {
        state.box.folder.write("vault", "in the way");
    } else {
        REQUIRE(state.database.run_script("ALTER TABLE devices RENAME TO devices_gone"));
    }
    const UsersKey found = state.take();
    REQUIRE(found.trouble);
    CHECK(found.key.size() >= 16);
    CHECK_FALSE(fs::exists(state.file));
}

TEST_CASE("connections that ask for the users' key at the same moment all get the one that is stored") {
    const tests::Box box;
    static_cast<void>(box.open());
    std::vector<std::string> keys(4);
    std::vector<std::thread> threads;
    for (std::string& key : keys) {
        threads.emplace_back([&] {
            base::SystemFiles files;
            auto database = open_records(box.file);
            if (database) key = users_key(files, box.folder.path(), *database).key.reveal();
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (const std::string& key : keys)
        CHECK(key == box.files.read(box.folder / "vault" / "users.key", 100)->bytes.reveal());
}

}  // namespace users_key_test
