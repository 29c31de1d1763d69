#include <catch2/catch.hpp>
// The box asserts with Catch.
#include "server/credentials/change.hpp"
#include "tests/unit/credentials/box.hpp"

namespace credentials_change_test {

using namespace gatehouse;
using namespace gatehouse::credentials;
using credentials::testing::Box;
using credentials::testing::present_wish;
namespace pki = certstore::testing;
using config::Interface;

namespace {

Upload upload_of(const pki::Made& made) {
    Upload upload;
    upload.certificate_pem = made.pem();
    upload.key_pem = base::Secret(made.key_pem());
    return upload;
}

template <class Wish>
Change change_to(Wish wish, std::vector<std::string> confirmed = {}) {
    Change change;
    change.wish = std::move(wish);
    change.confirmed = std::move(confirmed);
    change.id = "c_1";
    return change;
}

Changed do_change(Box& box, Change change, Interface interface = Interface::clean) {
    std::promise<Changed> promise;
    box.credentials->change(interface, std::move(change),
                            [&](Changed changed) { promise.set_value(std::move(changed)); });
    auto future = promise.get_future();
    REQUIRE(future.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    return future.get();
}

base::Result<void> settle(Box& box, RequestChange wish) {
    std::promise<base::Result<void>> promise;
    box.credentials->settle(Interface::clean, std::move(wish),
                            [&](base::Result<void> settled) { promise.set_value(std::move(settled)); });
    auto future = promise.get_future();
    REQUIRE(future.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    return future.get();
}

std::string codes_of(const std::vector<certstore::Finding>& findings) {
    std::string codes;
    for (const auto& finding : findings)
        codes += finding.code + " ";
    return codes;
}

bool has(const Changed& changed, std::string_view code) {
    return std::any_of(changed.findings.begin(), changed.findings.end(),
                       [&](const certstore::Finding& finding) { return finding.code == code; });
}

}  // namespace

TEST_CASE("an uploaded pair is written to the configured place, served, and told under the change's id") {
    Box box;
    box.start();
    const auto made = pki::make(present_wish("box.example"));
    const std::string before = box.status().certificate.fingerprint_sha256;
    const Changed changed = do_change(box, change_to(upload_of(made)));
    REQUIRE_FALSE(changed.refused);
    CHECK(changed.activated);
    CHECK(changed.fingerprint_before == before);
    CHECK(changed.key_from == KeySource::upload);
    REQUIRE(changed.certificate);
    CHECK(changed.certificate->subject == "CN=box.example");
    CHECK(pki::read_text(box.settings.interfaces.clean.certificate) == made.pem());
    CHECK(pki::read_text(box.settings.interfaces.clean.key) == made.key_pem());
    const DoorStatus status = box.status();
    CHECK(status.certificate.fingerprint_sha256 == changed.certificate->fingerprint_sha256);
    CHECK(status.source == Source::operator_pair);
    CHECK(status.last_reload.trigger == Trigger::api);
    CHECK(status.last_reload.change_id == "c_1");
    CHECK(status.reloads.size() == 2);
    // What the watcher finds afterwards is what is served.
    const auto activations = box.activations();
    box.ask(Trigger::watch);
    CHECK(box.activations() == activations);
    CHECK(box.status().last_reload.change_id == "c_1");
}

TEST_CASE("a dry run tells what an upload would come to and changes nothing") {
    Box box;
    box.start();
    const std::string served = box.served();
    const std::string placed = pki::read_text(box.settings.interfaces.clean.certificate);
    Change change = change_to(upload_of(pki::make(present_wish("other.example"))));
    change.only_check = true;
    SECTION("of a pair that would warn") {
        const Changed changed = do_change(box, std::move(change));
        CHECK_FALSE(changed.refused);
        CHECK(has(changed, "hostname_mismatch"));
        CHECK(codes_of(changed.unconfirmed) == "hostname_mismatch ");
        CHECK_FALSE(changed.activated);
    }
    SECTION("of a pair that would be refused") {
        std::get<Upload>(change.wish).key_pem = base::Secret(pki::make(present_wish("third.example")).key_pem());
        const Changed changed = do_change(box, std::move(change));
        REQUIRE(changed.refused);
        CHECK(changed.refused->code == "key_mismatch");
        CHECK(changed.refused->text().find(box.folder.path().string()) == std::string::npos);
        CHECK(changed.refused->advice == "Send the key and the certificate of the same pair.");
    }
    CHECK(box.served() == served);
    CHECK(pki::read_text(box.settings.interfaces.clean.certificate) == placed);
    CHECK(box.status().last_reload.trigger == Trigger::start);
}

TEST_CASE("a warning of an upload speaks of what was sent, and once it is served of the file that it lies in") {
    Box box;
    auto& own = box.settings.interfaces.clean;
    own.certificate = box.folder / "box";  // a part of the other's path
    own.key = box.folder / "box.key";
    box.start();
    const auto authority = pki::make(pki::ca_wish("Unknown"));
    const auto made = pki::make(present_wish("box.example"), &authority);
    const auto incomplete = [](const std::vector<certstore::Finding>& findings) {
        const auto found = std::find_if(findings.begin(), findings.end(), [](const certstore::Finding& finding) {
            return finding.code == "chain_incomplete";
        });
        REQUIRE(found != findings.end());
        return *found;
    };
    const Changed asked = do_change(box, change_to(upload_of(made)));
    CHECK_FALSE(asked.activated);
    const Changed changed = do_change(box, change_to(upload_of(made), {"chain_incomplete"}));
    CHECK(changed.activated);
    for (const auto& findings : {asked.unconfirmed, changed.findings}) {
        CHECK_THAT(incomplete(findings).message, Catch::Contains(" is neither in what was sent nor known"));
        CHECK(incomplete(findings).advice == "Send the issuer's certificate along with it.");
    }
    const certstore::Finding served = incomplete(box.status().findings);
    CHECK_THAT(served.message, Catch::Contains(" is neither in " + own.certificate.string() + " nor known"));
    CHECK(served.advice == "Append the issuer's certificate to the file.");
}

TEST_CASE("an upload that warns is taken only when each warning is confirmed") {
    Box box;
    box.start();
    const auto made = pki::make(present_wish("other.example"));
    const Changed asked = do_change(box, change_to(upload_of(made), {"expired"}));
    CHECK(codes_of(asked.unconfirmed) == "hostname_mismatch ");
    CHECK_FALSE(asked.activated);
    CHECK(box.activations() == 1);
    CHECK(do_change(box, change_to(upload_of(made), {"hostname_mismatch"})).activated);
    CHECK(box.served() == "CN=other.example");
}

TEST_CASE("an upload that is refused leaves files, service and last good as they were, and the status says so") {
    Box box;
    const auto good = pki::make(present_wish("box.example"));
    box.place(good);
    box.start();
    auto wish = present_wish("box.example");
    wish.extended_key_usage = "clientAuth";
    const Changed changed = do_change(box, change_to(upload_of(pki::make(wish))));
    REQUIRE(changed.refused);
    CHECK(changed.refused->code == "not_server_auth");
    CHECK(pki::read_text(box.settings.interfaces.clean.certificate) == good.pem());
    CHECK(box.status().last_reload.result == Outcome::refused);
    CHECK(box.status().last_reload.code == "not_server_auth");
    CHECK(box.activations() == 1);
}

TEST_CASE("an expired pair is not taken in place of a valid one, confirmed or not") {
    Box box;
    box.start();
    auto wish = present_wish("box.example");
    wish.not_after = std::time(nullptr) - pki::day;
    const Changed changed = do_change(box, change_to(upload_of(pki::make(wish)), {"expired"}));
    REQUIRE(changed.refused);
    CHECK(changed.refused->code == "expired");
    CHECK(box.activations() == 1);
}

TEST_CASE("a certificate without a key is matched with the key in use, and else refused") {
    Box box;
    const auto first = pki::make(present_wish("box.example"));
    box.place(first);
    box.start();
    Upload upload;
    SECTION("renewed with the same key") {
        pki::write_text(box.folder / "same.key", first.key_pem());
        pki::run(box.folder.path(),
                 "openssl req -x509 -key same.key -days 300 -subj /CN=box.example -addext "
                 "subjectAltName=DNS:box.example -out renewed.pem");
        upload.certificate_pem = pki::read_text(box.folder / "renewed.pem");
        const Changed changed = do_change(box, change_to(std::move(upload)));
        CHECK(changed.activated);
        CHECK(changed.key_from == KeySource::in_use);
        CHECK(pki::read_text(box.settings.interfaces.clean.key) == first.key_pem());
    }
    SECTION("of another key") {
        upload.certificate_pem = pki::make(present_wish("box.example")).pem();
        const Changed changed = do_change(box, change_to(std::move(upload)));
        REQUIRE(changed.refused);
        CHECK(changed.refused->code == "key_missing");
    }
}

TEST_CASE("an encrypted key is opened by the upload's passphrase, which a restart finds in the vault") {
    Box box;
    box.start();
    const auto made = pki::make(present_wish("box.example"));
    pki::write_text(box.folder / "plain.key", made.key_pem());
    pki::run(box.folder.path(), "openssl pkcs8 -topk8 -in plain.key -out sealed.key -passout pass:open-sesame");
    std::filesystem::remove(box.folder / "plain.key");
    Upload upload = upload_of(made);
    upload.key_pem = base::Secret(pki::read_text(box.folder / "sealed.key"));
    SECTION("the right one") {
        upload.passphrase = base::Secret("open-sesame");
        CHECK(do_change(box, change_to(std::move(upload))).activated);
        CHECK_FALSE(box.anything_on_disk_holds("open-sesame"));
        box.restart();
        CHECK(box.served() == "CN=box.example");
        CHECK(box.status().source == Source::operator_pair);
    }
    SECTION("a wrong one") {
        upload.passphrase = base::Secret("open-barley");
        const Changed changed = do_change(box, change_to(std::move(upload)));
        REQUIRE(changed.refused);
        CHECK(changed.refused->code == "key_locked");
        CHECK(box.activations() == 1);
    }
}

TEST_CASE("regenerating serves a new self-signed pair with a new key and the names asked for") {
    Box box;
    const auto placed = pki::make(present_wish("box.example"));
    box.place(placed);
    box.start();
    Regenerate wish;
    wish.names = {"box.example", "192.0.2.7"};
    wish.days = 90;
    const Changed changed = do_change(box, change_to(wish));
    REQUIRE_FALSE(changed.refused);
    CHECK(changed.activated);
    CHECK(changed.key_from == KeySource::generated);
    const DoorStatus status = box.status();
    CHECK(status.source == Source::self_signed);
    CHECK(status.certificate.names == wish.names);
    CHECK(status.certificate.public_key_sha256 != certstore::public_key_sha256_hex(placed.certificate.get()));
    const std::string fingerprint = status.certificate.fingerprint_sha256;
    box.restart();
    CHECK(box.status().certificate.fingerprint_sha256 == fingerprint);
    CHECK(box.status().source == Source::self_signed);
}

TEST_CASE("who regenerates for few days is not asked whether so few are meant") {
    Box box;
    box.start();
    Regenerate wish;
    wish.names = {"box.example"};
    wish.days = 1;
    const Changed changed = do_change(box, change_to(wish));
    CHECK(codes_of(changed.unconfirmed).empty());
    CHECK(changed.activated);
    CHECK(has(changed, "expires_soon"));
}

TEST_CASE("rolling back serves the previous pair again, and the one before becomes the previous") {
    Box box;
    box.start();
    CHECK(do_change(box, change_to(RollBack{})).refused->code == "no_previous");
    const auto first = pki::make(present_wish("box.example"));
    const auto second = pki::make(present_wish("box.example"));
    box.place(first);
    box.ask(Trigger::watch);
    box.place(second);
    box.ask(Trigger::watch);
    for (const auto* expected : {&first, &second, &first}) {
        const Changed changed = do_change(box, change_to(RollBack{}));
        CHECK(changed.activated);
        CHECK(changed.key_from == KeySource::previous);
        CHECK(pki::read_text(box.settings.interfaces.clean.certificate) == expected->pem());
        CHECK(pki::read_text(box.folder / "clean/last-good/cert.pem") == expected->pem());
    }
}

TEST_CASE("where the place can't be written each change is refused with the reason, and a dry run still works") {
    Box box;
    const auto made = pki::make(present_wish("box.example"));
    auto& own = box.settings.interfaces.clean;
    std::string code;
    SECTION("because it is a link") {
        box.place(made);
        std::filesystem::create_directories(box.folder / "elsewhere");
        for (const auto& path : {own.certificate, own.key}) {
            std::filesystem::rename(path, box.folder.path() / "elsewhere" / path.filename());
            std::filesystem::create_symlink(box.folder.path() / "elsewhere" / path.filename(), path);
        }
        code = "slot_is_link";
    }
    SECTION("because something else than a file lies there") {
        std::filesystem::create_directories(own.key / "in the way");
        code = "slot_not_writable";
    }
    SECTION("because the other door is configured with the same files") {
        box.settings.interfaces.admin.certificate = own.certificate;
        box.settings.interfaces.admin.key = own.key;
        box.place(made);
        code = "slot_shared";
    }
    SECTION("because the other door's key is the same file") {
        box.settings.interfaces.admin.key = own.key;
        box.place(made);
        code = "slot_shared";
    }
    box.start();
    const auto next = pki::make(present_wish("other.example"));  // which would have to be confirmed
    const auto refuses = [&](Change change) {
        const Changed changed = do_change(box, std::move(change));
        REQUIRE(changed.refused);
        CHECK(changed.refused->code == code);
        CHECK(changed.refused->kind == base::ErrorKind::conflict);
        CHECK_FALSE(changed.refused->advice.empty());
        CHECK(changed.unconfirmed.empty());
    };
    refuses(change_to(upload_of(next)));
    refuses(change_to(Regenerate{}));
    refuses(change_to(RollBack{}));
    Change dry = change_to(upload_of(next));
    dry.only_check = true;
    const Changed checked = do_change(box, std::move(dry));
    CHECK_FALSE(checked.refused);
    CHECK(has(checked, "hostname_mismatch"));
    CHECK(settle(box, KeepRequest{"request", base::Secret("key")}));
    CHECK(box.activations() == 1);
}

TEST_CASE("files that the doors share no longer after a reload can be written again") {
    Box box;
    const config::Settings apart = box.settings;
    box.settings.interfaces.admin.certificate = box.settings.interfaces.clean.certificate;
    box.settings.interfaces.admin.key = box.settings.interfaces.clean.key;
    box.start();
    REQUIRE(do_change(box, change_to(Regenerate{})).refused);
    std::promise<void> done;
    box.credentials->ask_with(apart, Trigger::sighup, [&done] { done.set_value(); });
    REQUIRE(done.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    CHECK(do_change(box, change_to(Regenerate{})).activated);
}

TEST_CASE("of two changes at once one is done and the other is told that it is under way") {
    Box box;
    box.start();
    std::promise<Changed> first;
    std::promise<Changed> second;
    // The first one's key generation takes a while.
    Regenerate slow;
    slow.key_type = config::KeyType::rsa_4096;
    box.credentials->change(Interface::clean, change_to(slow),
                            [&](Changed changed) { first.set_value(std::move(changed)); });
    box.credentials->change(Interface::clean, change_to(Regenerate{}),
                            [&](Changed changed) { second.set_value(std::move(changed)); });
    const Changed told = second.get_future().get();
    REQUIRE(told.refused);
    CHECK(told.refused->code == "change_in_progress");
    CHECK(first.get_future().get().activated);
    CHECK(do_change(box, change_to(Regenerate{})).activated);
}

TEST_CASE("a change that comes after the end is refused, and one that was taken before is done") {
    Box box;
    box.start();
    std::promise<Changed> taken;
    box.credentials->change(Interface::clean, change_to(Regenerate{}),
                            [&](Changed changed) { taken.set_value(std::move(changed)); });
    box.credentials->stop();
    CHECK(taken.get_future().get().activated);
    CHECK(do_change(box, change_to(Regenerate{})).refused->code == "stopping");
}

TEST_CASE("one signing request is kept until it is discarded, and what is served stays as it is") {
    Box box;
    box.start();
    const auto code = [&](RequestChange wish) {
        const auto settled = settle(box, std::move(wish));
        return settled ? std::string() : settled.error().code;
    };
    const auto key_file = box.settings.state_directory / "clean" / "request.key";
    CHECK(code(DiscardRequest{}) == "no_request");
    CHECK(code(KeepRequest{"first", base::Secret("its key")}).empty());
    CHECK(box.status().pending_request == "first");
    CHECK(code(KeepRequest{"second", base::Secret("another key")}) == "request_pending");
    CHECK(box.status().pending_request == "first");
    CHECK(pki::read_text(key_file) == "its key");
    CHECK(code(DiscardRequest{}).empty());
    CHECK(box.status().pending_request.empty());
    CHECK_FALSE(std::filesystem::exists(key_file));
    CHECK(code(DiscardRequest{}) == "no_request");
    CHECK(box.activations() == 1);
    box.credentials->stop();
    CHECK(code(KeepRequest{"third", base::Secret("key")}) == "stopping");
}

TEST_CASE("a signing request that can't be read is not replaced, and can be discarded") {
    Box box;
    box.start();
    REQUIRE(settle(box, KeepRequest{"first", base::Secret("its key")}));
    const auto request_file = box.settings.state_directory / "clean" / "request.csr";
    std::filesystem::remove(request_file);
    std::filesystem::create_directory(request_file);  // root reads whatever its mode is
    const auto kept = settle(box, KeepRequest{"second", base::Secret("another key")});
    REQUIRE_FALSE(kept);
    CHECK(kept.error().text().find(request_file.string()) != std::string::npos);
    std::filesystem::remove(request_file);
    pki::write_text(request_file, "first");
    CHECK(settle(box, DiscardRequest{}));
    CHECK(settle(box, KeepRequest{"second", base::Secret("another key")}));
}

}  // namespace credentials_change_test
