#include "server/admin/factor_key.hpp"

#include "records/second_factor.hpp"
#include "records/totp.hpp"
#include "tests/unit/records/box.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <sys/stat.h>

namespace factor_key_test {

using namespace gatehouse;
using admin::FactorKey;

namespace fs = std::filesystem;

namespace {

struct State {
    tests::Box box;
    records::Database database = box.open();
    fs::path file = box.folder / "vault" / "second-factors.key";

    FactorKey take() { return admin::factor_key(box.files, box.folder.path(), database); }
    [[nodiscard]] std::string stored() const {
        const auto contents = box.files.read(file, 10'000);
        return contents ? std::string(contents->bytes.reveal()) : contents.error().code;
    }
    void place(const std::string& bytes) const {
        fs::create_directories(file.parent_path());
        box.folder.write("vault/second-factors.key", bytes);
    }
    // An operator with a second factor, or with one that was never confirmed.
    void enrol(bool confirmed) {
        const auto id = tests::add_operator(database, "ada");
        records::SecondFactors factors(database, base::Secret("the key that is gone"));
        REQUIRE(factors.enrol(id, "box", "ada"));
        if (confirmed) REQUIRE(database.change("UPDATE second_factors SET confirmed = $1", {tests::new_year}));
    }
    // The key is one of the moment, and why.
    void check_locked(const std::string& code) {
        const std::string before = stored();
        const FactorKey one = take();
        const FactorKey two = take();
        REQUIRE(one.trouble);
        CHECK(one.trouble->code == code);
        CHECK(one.trouble->message.find(file.string()) != std::string::npos);
        CHECK(one.key.size() >= 16);
        CHECK_FALSE(one.key.equals(two.key.reveal()));
        CHECK(stored() == before);
    }
};

mode_t mode_of(const fs::path& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

}  // namespace

TEST_CASE("the key is made once, for the daemon's user alone, and found again") {
    State state;
    const FactorKey made = state.take();
    CHECK_FALSE(made.trouble);
    CHECK(made.key.size() >= 32);
    CHECK(state.stored() == made.key.reveal());
    CHECK(mode_of(state.file) == 0600);
    CHECK(mode_of(state.file.parent_path()) == 0700);
    const FactorKey found = state.take();
    CHECK_FALSE(found.trouble);
    CHECK(found.key.equals(made.key.reveal()));
    const State another;
    CHECK(another.stored() == "file_missing");
}

TEST_CASE("a key that is there is taken as it is, also where operators have second factors") {
    State state;
    state.enrol(true);
    state.place("0123456789abcdef");
    const FactorKey found = state.take();
    CHECK_FALSE(found.trouble);
    CHECK(found.key.reveal() == "0123456789abcdef");
}

TEST_CASE("no new key is made over second factors that the missing one sealed") {
    State state;
    state.enrol(true);
    state.check_locked("second_factor_locked");
    CHECK_FALSE(fs::exists(state.file));
}

TEST_CASE("a second factor that was never confirmed does not stand in the way of a new key") {
    State state;
    state.enrol(false);
    CHECK_FALSE(state.take().trouble);
    CHECK(fs::exists(state.file));
}

TEST_CASE("a file that is no key is left as it is") {
    State small;
    small.place("0123456789abcde");
    small.check_locked("second_factor_locked");
    State empty;
    empty.place("");
    empty.check_locked("second_factor_locked");
    State large;
    large.place(std::string(4097, 'x'));
    large.check_locked("file_too_large");
}

TEST_CASE("a link in the place of the key is not followed") {
    State state;
    state.box.folder.write("elsewhere", "0123456789abcdef");
    fs::create_directory(state.file.parent_path());
    fs::create_symlink(state.box.folder / "elsewhere", state.file);
    const FactorKey found = state.take();
    REQUIRE(found.trouble);
    CHECK_FALSE(found.key.reveal() == "0123456789abcdef");
    CHECK(fs::is_symlink(state.file));
}

TEST_CASE("where the key cannot be written, or the database not be read, the key is one of the moment") {
    State state;
    const bool blocked = GENERATE(true, false);
    if (blocked) {
        state.box.folder.write("vault", "in the way");
    } else {
        REQUIRE(state.database.run_script("ALTER TABLE operators RENAME TO operators_gone"));
    }
    const FactorKey found = state.take();
    REQUIRE(found.trouble);
    CHECK_FALSE(found.trouble->text().empty());
    CHECK(found.key.size() >= 16);
    CHECK_FALSE(fs::exists(state.file));
}

}  // namespace factor_key_test
