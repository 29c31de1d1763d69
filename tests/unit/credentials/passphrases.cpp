#include "server/credentials/passphrases.hpp"

#include "tests/fault/faulty_files.hpp"
#include "tests/unit/base/another_user.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace passphrases_test {

using namespace gatehouse;
using namespace std::chrono_literals;
using config::Interface;
using credentials::Candidates;
using credentials::Opened;
using credentials::Passphrases;
namespace pki = certstore::testing;
namespace fs = std::filesystem;

namespace {

// A certificate's text, and its public key as the vault calls it.
struct Known {
    std::string pem;
    std::string spki;
    Known() {
        const auto made = pki::make({});
        pem = made.pem();
        spki = certstore::public_key_sha256_hex(made.certificate.get());
    }
};

// A state directory and the room that keeps its passphrases; the log is read from stderr.
class Keeper {
public:
    explicit Keeper(config::KeyPassphrase mode = config::KeyPassphrase::sealed) {
        settings.state_directory = folder.path();
        settings.one_time_file = folder / "otc";
        settings.key_passphrase = mode;
        restart();
    }
    // A new process over the same state.
    void restart(Passphrases::TakeUsers take_users = {}) {
        room = std::make_unique<Passphrases>(files, log, "", std::move(take_users));
        room->configure(settings);
    }
    // Writes a one-time file as a new one.
    void leave(const std::string& text) const {
        folder.write("draft", text);
        REQUIRE(::chmod((folder / "draft").c_str(), 0600) == 0);
        fs::rename(folder / "draft", settings.one_time_file);
    }
    [[nodiscard]] bool file_is_there() const { return fs::exists(settings.one_time_file); }
    void leave_and_look(const std::string& text) {
        leave(text);
        room->look();
    }
    // What would be tried on the key of this certificate, in order.
    [[nodiscard]] std::vector<std::string> tried(const Known& known, Interface door = Interface::clean) const {
        std::vector<std::string> found;
        for (const base::Secret* one : room->candidates(door, known.pem).passphrases)
            found.emplace_back(one->reveal());
        return found;
    }
    [[nodiscard]] std::vector<std::string> codes() const {
        std::vector<std::string> found;
        for (const certstore::Finding& finding : room->findings())
            found.push_back(finding.code);
        return found;
    }
    [[nodiscard]] std::size_t lines_with(std::string_view event) const {
        const std::string text = errors.text();
        std::size_t count = 0;
        for (std::size_t at = text.find(event); at != std::string::npos; at = text.find(event, at + 1))
            ++count;
        return count;
    }
    [[nodiscard]] bool disk_or_log_holds(const std::string& secret) const {
        if (errors.text().find(secret) != std::string::npos) return true;
        for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
            if (entry.is_regular_file() && pki::read_text(entry.path()).find(secret) != std::string::npos) return true;
        }
        return false;
    }

    tests::Folder folder;
    tests::CapturedErrors errors;
    base::SystemFiles files;
    base::Log log{base::LogLevel::info};
    config::Settings settings;
    std::unique_ptr<Passphrases> room;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("without a vault and a one-time file there is nothing to try, to tell or to come back for") {
    Keeper keeper;
    keeper.room->look();
    CHECK(keeper.tried({}).empty());
    CHECK(keeper.room->candidates(Interface::clean, "no certificate").one_time == -1);
    CHECK_FALSE(keeper.room->one_time_file_waits());
    CHECK_FALSE(keeper.room->holds_any());
    CHECK_FALSE(keeper.room->wants_look());
    CHECK(keeper.codes().empty());
    CHECK_FALSE(fs::exists(keeper.folder / "vault"));
}

TEST_CASE("a waiting one-time file offers each door its own passphrase") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":{"admin":"for admin"}})");
    CHECK(keeper.room->one_time_file_waits());
    CHECK(keeper.room->one_time_file_names(Interface::admin));
    CHECK_FALSE(keeper.room->one_time_file_names(Interface::clean));
    CHECK(keeper.tried(known, Interface::admin) == Texts{"for admin"});
    CHECK(keeper.room->candidates(Interface::admin, known.pem).one_time == 0);
    CHECK(keeper.tried(known, Interface::clean).empty());
    CHECK(keeper.file_is_there());
}

TEST_CASE(
    "an applied passphrase is found by its key from then on, after a restart too; the file is gone, nothing is "
    "readable") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":{"clean":"open-sesame"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK_FALSE(keeper.file_is_there());
    CHECK_FALSE(keeper.room->one_time_file_waits());
    CHECK(keeper.lines_with("otc.consumed") == 1);
    for (int i = 0; i < 2; ++i) {
        // By its key, whichever door it is.
        CHECK(keeper.tried(known, Interface::clean) == Texts{"open-sesame"});
        CHECK(keeper.tried(known, Interface::admin) == Texts{"open-sesame"});
        CHECK(keeper.tried({}).empty());
        CHECK(keeper.room->holds_any());
        CHECK_FALSE(keeper.room->wants_look());
        keeper.restart();
    }
    CHECK_FALSE(keeper.disk_or_log_holds("open-sesame"));
}

TEST_CASE("what is sealed is tried first, then what is held, then what the one-time file says") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":{"clean":"sealed"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, known.spki}}));
    keeper.leave_and_look(R"({"keypass":{"clean":"held"}})");
    REQUIRE(keeper.room->apply({}));
    keeper.leave_and_look(R"({"keypass":{"clean":"one-time"}})");
    CHECK(keeper.tried(known) == Texts{"sealed", "held", "one-time"});
    const Candidates candidates = keeper.room->candidates(Interface::clean, known.pem);
    CHECK(candidates.held == 1);
    CHECK(candidates.one_time == 2);
}

TEST_CASE("every certificate of the text is looked up, and what is no certificate is passed over") {
    Keeper keeper;
    const Known one;
    const Known two;
    keeper.leave_and_look(R"({"keypass":{"clean":"for one","admin":"for two"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, one.spki}, {Interface::admin, two.spki}}));
    Known both;
    both.pem = "some words\n" + two.pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + one.pem;
    CHECK(keeper.tried(both) == Texts{"for two", "for one"});
}

TEST_CASE("a passphrase that no key needed yet is held for ten minutes, in memory only") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":{"clean":"early-bird"}})");
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(keeper.room->apply({}));
    const auto after = std::chrono::steady_clock::now();
    CHECK_FALSE(keeper.file_is_there());
    CHECK(keeper.tried(known) == Texts{"early-bird"});
    CHECK(keeper.tried(known, Interface::admin).empty());
    CHECK(keeper.room->candidates(Interface::clean, known.pem).held == 0);
    CHECK(keeper.room->wants_look());
    CHECK(keeper.lines_with("kept in memory for ten minutes") == 1);
    CHECK_FALSE(keeper.disk_or_log_holds("early-bird"));
    SECTION("and wiped then") {
        keeper.room->look(before + 10min - 1s);
        CHECK(keeper.tried(known) == Texts{"early-bird"});
        keeper.room->look(after + 10min);
        CHECK(keeper.tried(known).empty());
        CHECK_FALSE(keeper.room->wants_look());
    }
    SECTION("or kept for good, once it opened a key after all") {
        keeper.room->use_held(Interface::clean, known.spki);
        CHECK_FALSE(keeper.room->wants_look());
        keeper.room->look(after + 10min);
        CHECK(keeper.tried(known) == Texts{"early-bird"});
        keeper.restart();
        CHECK(keeper.tried(known) == Texts{"early-bird"});
    }
    SECTION("or gone with the process") {
        keeper.restart();
        CHECK(keeper.tried(known).empty());
    }
    SECTION("and where nothing is held nothing is kept") {
        keeper.room->use_held(Interface::admin, known.spki);
        CHECK_FALSE(keeper.room->holds_any());
    }
}

TEST_CASE("a passphrase for both doors that one of them needed is held for the other without a word") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":"shared"})");
    REQUIRE(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK(keeper.tried({}, Interface::admin) == Texts{"shared"});
    CHECK(keeper.lines_with("ten minutes") == 0);
}

TEST_CASE("users and API keys of a file are handed on once, with the whole file, before anything of it is applied") {
    Keeper keeper;
    const Known known;
    const bool keys_alone = GENERATE(true, false);
    const std::string api_keys = R"("apikeys":[{"username":"a","apikey":"k"}])";
    const std::string users = R"("users":[{"username":"a","password":"p","interface":"clean"}])";
    std::vector<std::string> digests;
    base::Result<void> answer = base::fail(base::ErrorKind::conflict, "user_exists", "There is one.");
    keeper.restart([&](const config::OneTimeFile& file) {
        CHECK(file.users.size() == (keys_alone ? 0 : 1));
        CHECK(file.api_keys.size() == (keys_alone ? 1 : 0));
        digests.push_back(file.digest);
        return answer;
    });
    keeper.leave_and_look(R"({"keypass":"held-back",)" + (keys_alone ? api_keys : users) + "}");
    CHECK_FALSE(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK(keeper.file_is_there());
    CHECK(keeper.codes() == Texts{"otc_unreadable"});
    CHECK(keeper.tried(known).empty());
    answer = {};
    keeper.room->look();
    CHECK(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK_FALSE(keeper.file_is_there());
    CHECK(keeper.tried(known) == Texts{"held-back"});
    CHECK(digests.size() == 2);
    CHECK(digests.front() == digests.back());
    CHECK(keeper.lines_with("user_exists") == 1);
}

TEST_CASE("where nobody takes users and API keys, a file that has some is refused") {
    Keeper keeper;
    keeper.leave_and_look(R"({"apikeys":[{"username":"a","apikey":"k"}]})");
    CHECK_FALSE(keeper.room->apply({}));
    CHECK(keeper.file_is_there());
    CHECK(keeper.lines_with("otc_unsupported") == 1);
}

TEST_CASE("a wrong passphrase applies nothing, leaves the file, is a finding, and is told once for this very file") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":"wrong-one"})");
    for (int i = 0; i < 3; ++i) {
        REQUIRE(keeper.room->one_time_file_waits());
        keeper.room->refuse(Interface::clean, "It does not fit.");
        CHECK_FALSE(keeper.room->one_time_file_waits());
        CHECK(keeper.codes() == Texts{"otc_unreadable"});
        CHECK(keeper.room->wants_look());
        CHECK(keeper.file_is_there());
        keeper.room->look();
    }
    CHECK(keeper.lines_with("otc.refused") == 1);
    CHECK(keeper.lines_with("It does not fit.") == 1);
    CHECK(keeper.tried(known) == Texts{"wrong-one"});
    SECTION("another wrong one is told again") {
        keeper.leave_and_look(R"({"keypass":"wrong-too"})");
        CHECK(keeper.codes().empty());
        keeper.room->refuse(Interface::admin, "It does not fit either.");
        CHECK(keeper.lines_with("otc.refused") == 2);
    }
    SECTION("the right one ends it") {
        keeper.leave_and_look(R"({"keypass":"right-one"})");
        REQUIRE(keeper.room->apply({{Interface::clean, known.spki}}));
        CHECK(keeper.codes().empty());
        CHECK(keeper.tried(known).front() == "right-one");
    }
    SECTION("so does taking the file away") {
        fs::remove(keeper.settings.one_time_file);
        keeper.room->look();
        CHECK(keeper.codes().empty());
        CHECK_FALSE(keeper.room->wants_look());
    }
    CHECK_FALSE(keeper.errors.text().find("wrong-one") != std::string::npos);
}

TEST_CASE("a file that is postponed is found again at the next look") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":"later"})");
    keeper.room->postpone();
    CHECK_FALSE(keeper.room->one_time_file_waits());
    CHECK(keeper.tried(known).empty());
    CHECK(keeper.file_is_there());
    keeper.room->look();
    CHECK(keeper.tried(known) == Texts{"later"});
}

TEST_CASE("a file that cannot be taken is a finding with what mends it, told once, until it is mended or gone") {
    Keeper keeper;
    const auto [text, mode] = GENERATE(table<std::string, mode_t>({
        {R"({"keypass":)", 0600},
        {R"({"password":"hunter2"})", 0600},
        {R"({"keypass":"hunter2"})", 0666},
    }));
    keeper.leave(text);
    REQUIRE(::chmod(keeper.settings.one_time_file.c_str(), mode) == 0);
    for (int i = 0; i < 3; ++i)
        keeper.room->look();
    CHECK_FALSE(keeper.room->one_time_file_waits());
    CHECK(keeper.codes() == Texts{"otc_unreadable"});
    CHECK(keeper.room->findings().front().message.find(keeper.settings.one_time_file.string()) != std::string::npos);
    CHECK(keeper.lines_with("otc.refused") == 1);
    CHECK(keeper.room->wants_look());
    CHECK(keeper.errors.text().find("hunter2") == std::string::npos);
    if (GENERATE(false, true)) {
        keeper.leave_and_look(R"({"keypass":"hunter2"})");
        CHECK(keeper.room->one_time_file_waits());
    } else {
        fs::remove(keeper.settings.one_time_file);
        keeper.room->look();
    }
    CHECK(keeper.codes().empty());
}

TEST_CASE("a file that a crash left wiped is only deleted") {
    Keeper keeper;
    keeper.leave_and_look(std::string(20, '\0'));
    CHECK_FALSE(keeper.file_is_there());
    CHECK_FALSE(keeper.room->one_time_file_waits());
    CHECK(keeper.codes().empty());
}

TEST_CASE("a file that cannot be deleted is applied once, and its deletion tried again until it succeeds") {
    // The daemon's user may read the file, but neither write nor remove it. In memory mode it needs no vault there.
    Keeper keeper(config::KeyPassphrase::memory);
    const Known known;
    keeper.leave(R"({"keypass":{"clean":"open-sesame"}})");
    REQUIRE(::chmod(keeper.settings.one_time_file.c_str(), 0444) == 0);
    REQUIRE(::chmod(keeper.folder.path().c_str(), 0555) == 0);
    {
        const tests::AnotherUser nobody;
        keeper.room->look();
        REQUIRE(keeper.room->one_time_file_waits());
        CHECK(keeper.room->apply({{Interface::clean, known.spki}}));
        for (int i = 0; i < 2; ++i) {
            CHECK(keeper.codes() == Texts{"otc_not_deleted"});
            CHECK(keeper.room->wants_look());
            keeper.room->look();
            CHECK_FALSE(keeper.room->one_time_file_waits());
        }
        CHECK(keeper.tried(known) == Texts{"open-sesame"});
    }
    CHECK(keeper.file_is_there());
    REQUIRE(::chmod(keeper.folder.path().c_str(), 0755) == 0);
    keeper.room->look();
    CHECK_FALSE(keeper.file_is_there());
    CHECK(keeper.codes().empty());
}

TEST_CASE("what cannot be sealed is not applied: the file stays, and is taken when the vault can be written again") {
    Keeper keeper;
    const Known known;
    keeper.folder.write("vault", "a file where a folder should be");
    keeper.leave_and_look(R"({"keypass":{"clean":"open-sesame"}})");
    CHECK_FALSE(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK(keeper.file_is_there());
    CHECK(keeper.codes() == Texts{"otc_unreadable"});
    CHECK_FALSE(keeper.room->holds_any());
    CHECK(keeper.lines_with("nothing was applied") == 1);
    fs::remove(keeper.folder / "vault");
    keeper.room->look();
    REQUIRE(keeper.room->one_time_file_waits());
    CHECK(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK(keeper.codes().empty());
    CHECK_FALSE(keeper.file_is_there());
}

TEST_CASE("a passphrase that no stored pair needs is forgotten, on disk too") {
    const auto mode = GENERATE(config::KeyPassphrase::sealed, config::KeyPassphrase::memory);
    Keeper keeper(mode);
    const Known kept;
    const Known dropped;
    keeper.leave_and_look(R"({"keypass":{"clean":"kept","admin":"dropped"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, kept.spki}, {Interface::admin, dropped.spki}}));
    keeper.room->keep_only({kept.spki});
    CHECK(keeper.tried(kept) == Texts{"kept"});
    CHECK(keeper.tried(dropped).empty());
    if (mode == config::KeyPassphrase::sealed) keeper.restart();
    CHECK(keeper.tried(dropped).empty());
    keeper.room->keep_only({});
    CHECK_FALSE(keeper.room->holds_any());
}

TEST_CASE("in memory mode nothing reaches the disk, and nothing outlives the process") {
    Keeper keeper(config::KeyPassphrase::memory);
    const Known known;
    keeper.leave_and_look(R"({"keypass":"only-here"})");
    REQUIRE(keeper.room->apply({{Interface::clean, known.spki}}));
    CHECK(keeper.tried(known) == Texts{"only-here"});
    CHECK_FALSE(fs::exists(keeper.folder / "vault"));
    CHECK_FALSE(keeper.disk_or_log_holds("only-here"));
    keeper.restart();
    CHECK(keeper.tried(known).empty());
}

TEST_CASE("switching to memory mode empties the vault") {
    Keeper keeper;
    const Known known;
    keeper.leave_and_look(R"({"keypass":{"clean":"sealed"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, known.spki}}));
    keeper.settings.key_passphrase = config::KeyPassphrase::memory;
    keeper.room->configure(keeper.settings);
    CHECK(keeper.tried(known).empty());
    keeper.settings.key_passphrase = config::KeyPassphrase::sealed;
    keeper.restart();
    CHECK(keeper.tried(known).empty());
}

TEST_CASE(
    "a vault that does not open is a finding; what is told meanwhile stays in memory, until a reload finds it mended") {
    Keeper keeper;
    const Known sealed;
    const Known told;
    keeper.leave_and_look(R"({"keypass":{"clean":"sealed"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, sealed.spki}}));
    fs::rename(keeper.folder / "vault/key", keeper.folder / "lost");
    keeper.restart();
    CHECK(keeper.codes() == Texts{"vault_locked"});
    CHECK(keeper.lines_with("vault.locked") == 1);
    CHECK(keeper.tried(sealed).empty());
    const std::string vault = pki::read_text(keeper.folder / "vault/vault.json");
    keeper.leave_and_look(R"({"keypass":{"clean":"told"}})");
    REQUIRE(keeper.room->apply({{Interface::clean, told.spki}}));
    CHECK(keeper.tried(told) == Texts{"told"});
    CHECK(pki::read_text(keeper.folder / "vault/vault.json") == vault);
    fs::rename(keeper.folder / "lost", keeper.folder / "vault/key");
    keeper.room->configure(keeper.settings);
    CHECK(keeper.codes().empty());
    CHECK(keeper.tried(sealed) == Texts{"sealed"});
    CHECK(keeper.tried(told) == Texts{"told"});
}

TEST_CASE("another place for the one-time file is looked at after a reload") {
    Keeper keeper;
    const Known known;
    keeper.leave(R"({"keypass":"old place"})");
    keeper.settings.one_time_file = keeper.folder / "elsewhere";
    keeper.room->configure(keeper.settings);
    keeper.room->look();
    CHECK_FALSE(keeper.room->one_time_file_waits());
    keeper.leave_and_look(R"({"keypass":"new place"})");
    CHECK(keeper.tried(known) == Texts{"new place"});
}

TEST_CASE("a passphrase that opens its key and cannot be sealed is told apart from one that opens nothing") {
    const Keeper keeper;
    fault::FaultyFiles files(keeper.folder.path());
    base::Log log{base::LogLevel::info};
    Passphrases room(files, log, {});
    room.configure(keeper.settings);
    room.hold(Interface::clean, base::Secret(std::string_view("open-sesame")));
    CHECK(room.settle_held(Interface::clean).error().code == "key_locked");
    room.hold(Interface::clean, base::Secret(std::string_view("open-sesame")));
    files.inject(files.steps() + 1, fault::Fault::fail_always);
    room.use_held(Interface::clean, std::string(64, 'a'));
    const auto settled = room.settle_held(Interface::clean);
    REQUIRE_FALSE(settled);
    CHECK(settled.error().code == "passphrase_not_kept");
    CHECK(settled.error().message.find("opens the clean door's key") != std::string::npos);
    CHECK(room.settle_held(Interface::clean));
}

}  // namespace passphrases_test
