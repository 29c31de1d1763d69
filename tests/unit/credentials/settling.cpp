#include "server/credentials/settling.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace settling_test {

using namespace gatehouse;
using namespace std::chrono_literals;
using certstore::Finding;
using certstore::PairPaths;
using certstore::Severity;
using credentials::identities;
using credentials::Settling;

namespace {

const Finding mismatch{"key_mismatch", Severity::refuse, "", ""};

// A moment so many seconds after one that stays the same.
Settling::Clock::time_point at(std::chrono::milliseconds after) {
    static const auto zero = Settling::Clock::now();
    return zero + after;
}

// Where a pair lies, and what says how it looks.
struct Place {
    tests::Folder folder;
    base::SystemFiles files;
    PairPaths paths{folder / "cert.pem", folder / "cert.key"};

    [[nodiscard]] std::string look() const { return identities(files, paths); }
};

}  // namespace

TEST_CASE("only what may come from half a copy is waited for") {
    for (const char* code : {"key_mismatch", "unparsable", "key_unreadable", "key_locked"}) {
        CAPTURE(code);
        const Finding why{code, Severity::refuse, "", ""};
        CHECK(Settling().may_become_whole(&why, "a", at(0s)));
    }
    for (const char* code : {"key_weak", "signature_weak", "not_server_auth", "expired", "hostname_mismatch", ""}) {
        CAPTURE(code);
        const Finding why{code, Severity::refuse, "", ""};
        CHECK_FALSE(Settling().may_become_whole(&why, "a", at(0s)));
    }
    CHECK_FALSE(Settling().may_become_whole(nullptr, "a", at(0s)));
}

TEST_CASE("a pair has two seconds from the last change of its files") {
    Settling settling;
    CHECK(settling.may_become_whole(&mismatch, "a", at(0s)));
    CHECK(settling.may_become_whole(&mismatch, "a", at(1'999ms)));
    CHECK_FALSE(settling.may_become_whole(&mismatch, "a", at(2s)));
}

TEST_CASE("each change begins the two seconds anew, but not for longer than fifteen") {
    Settling settling;
    for (int second = 0; second < 15; ++second)
        REQUIRE(settling.may_become_whole(&mismatch, std::to_string(second), at(std::chrono::seconds(second))));
    CHECK_FALSE(settling.may_become_whole(&mismatch, "one more", at(15s)));
}

TEST_CASE("files that were refused have their time again with the next change, not before") {
    Settling settling;
    REQUIRE(settling.may_become_whole(&mismatch, "a", at(0s)));
    REQUIRE_FALSE(settling.may_become_whole(&mismatch, "a", at(2s)));
    settling.given_up();
    CHECK_FALSE(settling.may_become_whole(&mismatch, "a", at(3s)));
    settling.given_up();
    CHECK(settling.may_become_whole(&mismatch, "b", at(20s)));
    CHECK(settling.may_become_whole(&mismatch, "b", at(21s)));
    CHECK_FALSE(settling.may_become_whole(&mismatch, "b", at(22s)));
}

TEST_CASE("files that never stop changing have another fifteen seconds after they were refused") {
    Settling settling;
    int second = 0;
    for (int round = 0; round < 2; ++round) {
        const int end = second + 15;
        for (; second < end; ++second)
            REQUIRE(settling.may_become_whole(&mismatch, std::to_string(second), at(std::chrono::seconds(second))));
        REQUIRE_FALSE(settling.may_become_whole(&mismatch, std::to_string(second), at(std::chrono::seconds(second))));
        settling.given_up();
    }
}

TEST_CASE("a pair that became whole and is half again has all of its time, whatever went before") {
    Settling settling;
    REQUIRE(settling.may_become_whole(&mismatch, "a", at(0s)));
    settling.settled();
    CHECK(settling.may_become_whole(&mismatch, "a", at(60s)));
    CHECK(settling.may_become_whole(&mismatch, "b", at(61s)));
    CHECK_FALSE(settling.retry_at().has_value());
}

TEST_CASE("who waits looks again when two seconds have passed since the last change") {
    Settling settling;
    CHECK_FALSE(settling.retry_at().has_value());
    REQUIRE(settling.may_become_whole(&mismatch, "a", at(0s)));
    REQUIRE(settling.may_become_whole(&mismatch, "a", at(1s)));
    settling.wait();
    CHECK(settling.retry_at() == at(2s));
    REQUIRE(settling.may_become_whole(&mismatch, "b", at(1'500ms)));
    settling.wait();
    CHECK(settling.retry_at() == at(3'500ms));
    // By then it is decided.
    CHECK_FALSE(settling.may_become_whole(&mismatch, "b", *settling.retry_at()));
    settling.stop_waiting();
    CHECK_FALSE(settling.retry_at().has_value());
}

TEST_CASE(
    "a pair's identities change with each file: with its bytes, its replacement, its mode, its coming and going") {
    const Place place;
    std::string before = place.look();
    const auto changed = [&] {
        const std::string now = place.look();
        const bool differs = now != before;
        before = now;
        return differs;
    };
    CHECK_FALSE(changed());
    place.folder.write("cert.key", "key");
    CHECK(changed());
    place.folder.write("cert.pem", "certificate");
    CHECK(changed());
    CHECK_FALSE(changed());
    place.folder.write("cert.pem", "another certificate");
    CHECK(changed());
    place.folder.write("new", "key");
    std::filesystem::rename(place.folder / "new", place.paths.key);
    CHECK(changed());
    REQUIRE(::chmod(place.paths.key.c_str(), 0400) == 0);
    CHECK(changed());
    std::filesystem::remove(place.paths.key);
    CHECK(changed());
}

TEST_CASE("identities are those of what a link points to, and of which of the two files it is") {
    const Place place;
    place.folder.write("one", "1");
    place.folder.write("two", "2");
    std::filesystem::create_symlink("one", place.paths.key);
    const std::string key_only = place.look();
    std::filesystem::remove(place.paths.key);
    std::filesystem::create_symlink("one", place.paths.certificate);
    const std::string certificate_only = place.look();
    CHECK(key_only != certificate_only);
    std::filesystem::remove(place.paths.certificate);
    std::filesystem::create_symlink("two", place.paths.certificate);
    CHECK(place.look() != certificate_only);
}

}  // namespace settling_test
