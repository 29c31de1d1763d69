#include "server/credentials/credentials.hpp"

#include "tests/unit/credentials/box.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <ctime>

namespace credentials_test {

using namespace gatehouse;
using namespace gatehouse::credentials;
using credentials::testing::Box;
using credentials::testing::present_wish;
namespace pki = certstore::testing;
using config::Interface;

namespace {

bool has(const DoorStatus& status, std::string_view code) {
    return std::any_of(status.findings.begin(), status.findings.end(),
                       [&](const certstore::Finding& finding) { return finding.code == code; });
}

}  // namespace

TEST_CASE("at first start each door serves a self-signed pair of its own that lies at the configured place") {
    Box box;
    box.start();
    for (const auto interface : config::interfaces) {
        const DoorStatus status = box.status(interface);
        CHECK(status.source == Source::self_signed);
        CHECK(status.certificate.self_signed);
        CHECK(status.last_reload.result == Outcome::activated);
        const auto placed = pki::read_text(box.settings.interfaces[interface].certificate);
        CHECK(placed == pki::read_text(box.folder.path() / config::name(interface) / "last-good" / "cert.pem"));
        CHECK((std::filesystem::status(box.settings.interfaces[interface].key).permissions() &
               std::filesystem::perms::mask) ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    }
    CHECK(box.status(Interface::clean).certificate.fingerprint_sha256 !=
          box.status(Interface::admin).certificate.fingerprint_sha256);
}

TEST_CASE("a pair placed while running is served, remembered as last good, and the former one as previous") {
    Box box;
    box.start();
    const auto first = pki::make(present_wish("first.example"));
    const auto second = pki::make(present_wish("second.example"));
    box.place(first);
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=first.example");
    CHECK(box.status().source == Source::operator_pair);
    box.place(second);
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=second.example");
    CHECK(pki::read_text(box.folder / "clean/last-good/cert.pem") == second.pem());
    CHECK(pki::read_text(box.folder / "clean/previous/cert.pem") == first.pem());
    CHECK(box.activations(Interface::admin) == 1);
}

TEST_CASE("a pair that does not match is refused when asked by signal, and the old one goes on being served") {
    Box box;
    const auto good = pki::make(present_wish("box.example"));
    box.place(good);
    box.start();
    box.place(pki::make(present_wish("other.example")).pem(), good.key_pem());
    box.ask(Trigger::sighup);
    CHECK(box.served() == "CN=box.example");
    CHECK(box.status().last_reload.result == Outcome::refused);
    CHECK(box.status().last_reload.code == "key_mismatch");
    CHECK(box.activations() == 1);
    SECTION("and the next good pair is taken") {
        box.place(pki::make(present_wish("next.example")));
        box.ask(Trigger::watch);
        CHECK(box.served() == "CN=next.example");
        CHECK(box.status().last_reload.result == Outcome::activated);
    }
    SECTION("and the old pair put back ends the refusal") {
        box.place(good);
        box.ask(Trigger::watch);
        CHECK(box.status().last_reload.result == Outcome::unchanged);
        CHECK(box.activations() == 1);
    }
}

TEST_CASE("from the watcher a half-changed pair is waited for before it is refused") {
    Box box;
    const auto good = pki::make(present_wish("box.example"));
    box.place(good);
    box.start();
    const auto next = pki::make(present_wish("next.example"));
    pki::write_text(box.settings.interfaces.clean.key, next.key_pem());
    box.ask(Trigger::watch);
    CHECK(box.status().last_reload.result == Outcome::activated);
    SECTION("and refused without another event when the other file does not come") {
        CHECK(box.eventually([&] { return box.status().last_reload.result == Outcome::refused; }));
        CHECK(box.status().last_reload.code == "key_mismatch");
    }
    SECTION("and served when it comes") {
        pki::write_text(box.settings.interfaces.clean.certificate, next.pem());
        box.ask(Trigger::watch);
        CHECK(box.served() == "CN=next.example");
    }
}

TEST_CASE("a pair that is not valid now never replaces one that is") {
    Box box;
    box.place(pki::make(present_wish("valid.example")));
    box.start();
    box.place(pki::make(present_wish("late.example", -1)));
    box.ask(Trigger::sighup);
    CHECK(box.served() == "CN=valid.example");
    CHECK(box.status().last_reload.code == "expired");
    SECTION("nor at the next start, where last good is valid") {
        box.restart();
        CHECK(box.served() == "CN=valid.example");
        CHECK(box.status().source == Source::last_good);
        CHECK(box.status().last_reload.result == Outcome::refused);
        CHECK(box.status().last_reload.code == "expired");
    }
}

TEST_CASE("a certificate whose end comes is found expired then, by the clock alone, and goes on being served") {
    Box box;  // which looks by itself once an hour
    auto wish = present_wish("box.example");
    wish.not_after = std::time(nullptr) + 3;
    box.place(pki::make(wish));
    box.start();
    REQUIRE_FALSE(has(box.status(), "expired"));
    CHECK(box.eventually([&] { return has(box.status(), "expired"); }));
    CHECK(box.served() == "CN=box.example");
}

TEST_CASE("a key that is gone is waited for, then refused by its own code") {
    Box box;
    box.place(pki::make(present_wish("box.example")));
    box.start();
    std::filesystem::remove(box.settings.interfaces.clean.key);
    box.ask(Trigger::watch);
    CHECK(box.status().last_reload.result == Outcome::activated);
    CHECK(box.eventually([&] { return box.status().last_reload.result == Outcome::refused; }));
    CHECK(box.status().last_reload.code == "key_unreadable");
    CHECK(box.served() == "CN=box.example");
}

TEST_CASE("a passphrase that no stored pair needs any more is forgotten, also after a restart") {
    Box box;
    box.place_encrypted(pki::make(present_wish("sealed.example")), "to-be-forgotten");
    box.leave_one_time_file(R"({"keypass":"to-be-forgotten"})");
    box.start();
    box.restart();
    const auto entries = [&] { return pki::read_text(box.folder / "vault/vault.json"); };
    const std::string spki = box.status().certificate.public_key_sha256;
    REQUIRE(entries().find(spki) != std::string::npos);
    for (const char* name : {"one.example", "two.example"}) {  // last good, then previous move on
        box.place(pki::make(present_wish(name)));
        box.ask(Trigger::sighup);
    }
    CHECK(entries().find(spki) == std::string::npos);
}

TEST_CASE("switching to memory mode leaves no sealed passphrase on disk") {
    Box box;
    box.place_encrypted(pki::make(present_wish("sealed.example")), "not-for-disk");
    box.leave_one_time_file(R"({"keypass":"not-for-disk"})");
    box.start();
    const std::string spki = box.status().certificate.public_key_sha256;
    box.stop();
    box.settings.key_passphrase = config::KeyPassphrase::memory;
    box.start();
    CHECK(box.status().last_reload.code == "key_locked");
    CHECK(pki::read_text(box.folder / "vault/vault.json").find(spki) == std::string::npos);
}

TEST_CASE("an expired pair is served with its warning where there is no valid one") {
    Box box;
    box.place(pki::make(present_wish("late.example", -1)));
    box.start();
    CHECK(box.served() == "CN=late.example");
    CHECK(box.status().source == Source::operator_pair);
    CHECK(has(box.status(), "expired"));
}

TEST_CASE("after a bad pair a restart serves last good and says why") {
    Box box;
    const auto good = pki::make(present_wish("good.example"));
    box.place(good);
    box.start();
    box.place("no certificate", "no key");
    box.restart();
    CHECK(box.served() == "CN=good.example");
    CHECK(box.status().source == Source::last_good);
    CHECK(box.status().last_reload.code == "unparsable");
    CHECK(pki::read_text(box.settings.interfaces.clean.certificate) == "no certificate");
}

TEST_CASE("without the operator's pair and last good a restart serves the self-signed pair that devices know") {
    Box box;
    box.start();
    const std::string known = box.status().certificate.fingerprint_sha256;
    box.stop();
    std::filesystem::remove(box.settings.interfaces.clean.certificate);
    std::filesystem::remove(box.settings.interfaces.clean.key);
    std::filesystem::remove_all(box.folder / "clean/last-good");
    box.start();
    CHECK(box.status().source == Source::self_signed);
    CHECK(box.status().certificate.fingerprint_sha256 == known);
}

TEST_CASE("a self-signed pair kept from before is not served again where the hostname is another one now") {
    Box box;
    box.start();
    box.stop();
    std::filesystem::remove(box.settings.interfaces.clean.certificate);
    std::filesystem::remove(box.settings.interfaces.clean.key);
    std::filesystem::remove_all(box.folder / "clean/last-good");
    box.settings.interfaces.clean.hostname = "renamed.example";
    box.start();
    CHECK(box.status().source == Source::self_signed);
    CHECK(box.status().certificate.names == std::vector<std::string>{"renamed.example"});
    CHECK_FALSE(has(box.status(), "hostname_mismatch"));
}

TEST_CASE("a self-signed pair kept from before stays where the hostname is unknown") {
    Box box;
    box.start();
    const std::string known = box.status().certificate.fingerprint_sha256;
    box.stop();
    std::filesystem::remove(box.settings.interfaces.clean.certificate);
    std::filesystem::remove(box.settings.interfaces.clean.key);
    std::filesystem::remove_all(box.folder / "clean/last-good");
    box.settings.interfaces.clean.hostname = "";
    box.settings.interfaces.clean.hostname_unknown = true;
    box.start();
    CHECK(box.status().certificate.fingerprint_sha256 == known);
    CHECK_FALSE(has(box.status(), "hostname_mismatch"));
}

TEST_CASE("a bad pair of the operator's is never overwritten by a self-signed one") {
    Box box;
    box.place("no certificate", "no key");
    box.start();
    CHECK(box.status().source == Source::self_signed);
    CHECK(box.status().last_reload.result == Outcome::refused);
    CHECK(pki::read_text(box.settings.interfaces.clean.key) == "no key");
}

TEST_CASE("another policy takes effect although the pair is the same") {
    Box box;
    box.place(pki::make(present_wish("box.example")));
    box.start();
    config::Settings next = box.settings;
    next.interfaces.clean.policy = config::TlsPolicy::modern;
    std::promise<void> done;
    box.credentials->ask_with(next, Trigger::sighup, [&done] { done.set_value(); });
    done.get_future().wait();
    REQUIRE(box.activations() == 2);
    CHECK(SSL_CTX_get_min_proto_version(box.contexts.clean.back().get()) == TLS1_3_VERSION);
    CHECK(box.activations(Interface::admin) == 1);
}

TEST_CASE("requests that come while a run is under way share one following run") {
    Box box;
    box.start();
    const std::size_t before = box.told;
    for (int i = 0; i < 100; ++i)
        box.credentials->ask(Trigger::watch);
    box.ask(Trigger::watch);
    const std::size_t runs = (box.told - before) / 2;  // each run tells both doors
    CHECK(runs >= 1);
    CHECK(runs <= 3);
}

// ---------------------------------------------------------------- passphrases

TEST_CASE("the one-time file opens an encrypted key, goes away, and the vault opens it from then on") {
    Box box;
    box.start();
    box.place_encrypted(pki::make(present_wish("sealed.example")), "open-sesame");
    box.leave_one_time_file(R"({"keypass":"open-sesame"})");
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=sealed.example");
    CHECK_FALSE(box.one_time_file_is_there());
    CHECK_FALSE(box.anything_on_disk_holds("open-sesame"));
    box.restart();
    CHECK(box.served() == "CN=sealed.example");
    CHECK(box.status().source == Source::operator_pair);
}

TEST_CASE("a one-time file that says the same as the last one is applied again") {
    Box box;
    box.start();
    for (const char* name : {"one.example", "two.example"}) {
        box.place_encrypted(pki::make(present_wish(name)), "same-words");
        box.leave_one_time_file(R"({"keypass":"same-words"})");
        box.ask(Trigger::sighup);
        CHECK(box.served() == "CN=" + std::string(name));
        CHECK_FALSE(box.one_time_file_is_there());
    }
}

TEST_CASE("a one-time file that a crash left half deleted is only deleted") {
    Box box;
    box.leave_one_time_file(std::string(30, '\0'));
    box.start();
    CHECK_FALSE(box.one_time_file_is_there());
    CHECK_FALSE(has(box.status(), "otc_unreadable"));
}

TEST_CASE("a wrong passphrase applies nothing, leaves the file and is a finding") {
    Box box;
    box.start();
    box.place_encrypted(pki::make(present_wish("sealed.example")), "right-one");
    box.place_encrypted(pki::make(present_wish("admin.example")), "admin-one", Interface::admin);
    box.leave_one_time_file(R"({"keypass":{"clean":"wrong-one","admin":"admin-one"}})");
    box.ask(Trigger::sighup);
    CHECK(box.one_time_file_is_there());
    CHECK(box.status().source == Source::self_signed);
    CHECK(box.status().last_reload.code == "key_locked");
    CHECK(has(box.status(), "otc_unreadable"));
    CHECK(box.status(Interface::admin).source == Source::self_signed);
    box.leave_one_time_file(R"({"keypass":{"clean":"right-one","admin":"admin-one"}})");
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=sealed.example");
    CHECK(box.served(Interface::admin) == "CN=admin.example");
    CHECK_FALSE(box.one_time_file_is_there());
    CHECK_FALSE(has(box.status(), "otc_unreadable"));
}

TEST_CASE("a one-time file that comes before its key is deleted, and the key that follows is opened") {
    Box box;
    box.start();
    box.leave_one_time_file(R"({"keypass":"early-bird"})");
    box.ask(Trigger::watch);
    CHECK_FALSE(box.one_time_file_is_there());
    box.place_encrypted(pki::make(present_wish("sealed.example")), "early-bird");
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=sealed.example");
    box.restart();
    CHECK(box.served() == "CN=sealed.example");
}

TEST_CASE("in memory mode nothing is stored, and after a restart the door is self-signed until it is told again") {
    Box box;
    box.settings.key_passphrase = config::KeyPassphrase::memory;
    box.place_encrypted(pki::make(present_wish("sealed.example")), "only-here");
    box.leave_one_time_file(R"({"keypass":"only-here"})");
    box.start();
    CHECK(box.served() == "CN=sealed.example");
    CHECK_FALSE(box.one_time_file_is_there());
    CHECK_FALSE(std::filesystem::exists(box.folder / "vault/vault.json"));
    box.restart();
    CHECK(box.status().source == Source::self_signed);
    CHECK(box.status().last_reload.code == "key_locked");
    box.leave_one_time_file(R"({"keypass":"only-here"})");
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=sealed.example");
}

TEST_CASE("a key under a new passphrase is refused without a one-time file and opened with one") {
    Box box;
    box.place_encrypted(pki::make(present_wish("old.example")), "old-words");
    box.leave_one_time_file(R"({"keypass":"old-words"})");
    box.start();
    box.place_encrypted(pki::make(present_wish("new.example")), "new-words");
    box.ask(Trigger::sighup);
    CHECK(box.served() == "CN=old.example");
    CHECK(box.status().last_reload.code == "key_locked");
    box.leave_one_time_file(R"({"keypass":"new-words"})");
    box.ask(Trigger::watch);
    CHECK(box.served() == "CN=new.example");
    SECTION("and last good can still be opened after a restart") {
        box.place("rubbish", "rubbish");
        box.restart();
        CHECK(box.served() == "CN=new.example");
        CHECK(box.status().source == Source::last_good);
    }
}

TEST_CASE("the status line names both the source and what is wrong") {
    DoorStatus status;
    status.interface = Interface::admin;
    status.source = Source::last_good;
    status.certificate.not_after = 1000 + 3 * 86400;
    status.findings = {{"hostname_mismatch", certstore::Severity::warn, "", ""},
                       {"self_signed", certstore::Severity::note, "", ""}};
    status.last_reload = {1000, Trigger::watch, Outcome::refused, "key_mismatch", "They do not match."};
    CHECK(summary(status, 1000) ==
          "admin: last_good, 3 days left [hostname_mismatch], REFUSED key_mismatch: They do not match");
}

TEST_CASE("where both pairs are gone the kept self-signed one is served again, but made anew for another hostname") {
    Box box;
    box.start();
    const std::string kept = box.status().certificate.fingerprint_sha256;
    box.stop();
    for (const char* folder : {"clean/last-good", "clean/previous"})
        std::filesystem::remove_all(box.folder / folder);
    std::filesystem::remove(box.settings.interfaces.clean.certificate);
    std::filesystem::remove(box.settings.interfaces.clean.key);
    SECTION("the same hostname") {
        box.start();
        CHECK(box.status().certificate.fingerprint_sha256 == kept);
    }
    SECTION("another hostname") {
        box.settings.interfaces.clean.hostname = "other.example";
        box.start();
        CHECK(box.served() == "CN=other.example");
        CHECK(box.status().certificate.names == std::vector<std::string>{"other.example"});
        CHECK_FALSE(has(box.status(), "hostname_mismatch"));
    }
}

}  // namespace credentials_test
