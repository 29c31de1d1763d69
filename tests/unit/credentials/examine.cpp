#include "server/credentials/examine.hpp"

#include "tests/unit/credentials/box.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace examine_test {

using namespace gatehouse;
using credentials::Candidates;
using credentials::Examined;
using credentials::Served;
using credentials::Terms;
using credentials::testing::present_wish;
namespace pki = certstore::testing;
namespace fs = std::filesystem;

namespace {

Candidates no_passphrases(std::string_view) {
    return {};
}

// One pair on disk, and a door that looks at it.
struct Place {
    tests::Folder folder;
    base::SystemFiles files;
    certstore::PairPaths paths{folder / "cert.pem", folder / "cert.key"};
    Terms terms{config::Interface::clean, "box.example", config::TlsPolicy::intermediate};

    void put(const std::string& certificate, const std::string& key) const {
        pki::write_text(paths.certificate, certificate, 0644);
        pki::write_text(paths.key, key);
    }
    void put(const pki::Made& made) const { put(made.pem(), made.key_pem()); }
    void put_sealed(const pki::Made& made, const std::string& passphrase) const {
        put(made);
        pki::run(folder.path(), "openssl pkcs8 -topk8 -in cert.key -out sealed -passout pass:" + passphrase +
                                    " && mv sealed cert.key");
    }
    [[nodiscard]] Examined look(const Served& served = {},
                                const credentials::PassphrasesFor& passphrases = no_passphrases) const {
        return credentials::examine(files, paths, terms, served, passphrases);
    }
    // Name and identity of everything in the folder.
    [[nodiscard]] std::map<std::string, std::string> contents() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::directory_iterator(folder.path())) {
            const base::FileIdentity identity = files.link_facts(entry.path()).value().identity;
            found[entry.path().filename()] = std::to_string(identity.inode) + ' ' + std::to_string(identity.changed_ns);
        }
        return found;
    }
};

pki::Made good_pair() {
    return pki::make(present_wish("box.example"));
}

// The finding that refuses it.
std::string refused_by(const Examined& examined) {
    CHECK_FALSE(examined.good());
    const certstore::Finding* why = credentials::reason(examined);
    return why == nullptr ? "" : why->code;
}

bool has(const Examined& examined, std::string_view code) {
    return std::any_of(examined.findings.begin(), examined.findings.end(),
                       [&](const certstore::Finding& finding) { return finding.code == code; });
}

}  // namespace

TEST_CASE("a good pair comes with all it takes to serve it") {
    const Place place;
    const auto made = good_pair();
    place.put(made);
    const Examined examined = place.look();
    REQUIRE(examined.good());
    REQUIRE(examined.credential);
    CHECK(X509_cmp(SSL_CTX_get0_certificate(examined.context.get()), made.certificate.get()) == 0);
    CHECK(examined.tickets.current);
    CHECK_FALSE(examined.tickets.former);
    CHECK(examined.key_facts.mode == 0600);
    CHECK_FALSE(examined.locked);
    CHECK_FALSE(certstore::refuses(examined.findings));
}

TEST_CASE("a pair that is wrong is refused by the code of what is wrong with it") {
    const Place place;
    const auto good = good_pair();
    SECTION("the key of another certificate") {
        place.put(good.pem(), good_pair().key_pem());
        const Examined examined = place.look();
        CHECK(refused_by(examined) == "key_mismatch");
        CHECK_FALSE(examined.credential);
        CHECK(examined.fingerprint == certstore::sha256_hex(good.certificate.get()));
    }
    SECTION("no certificate in its file") {
        place.put("nothing of the kind", good.key_pem());
        const Examined examined = place.look();
        CHECK(refused_by(examined) == "unparsable");
        CHECK(examined.fingerprint.empty());
    }
    SECTION("a key that was cut off") {
        place.put(good.pem(), good.key_pem().substr(0, 100));
        const Examined examined = place.look();
        CHECK(refused_by(examined) == "unparsable");
        CHECK(examined.fingerprint == certstore::sha256_hex(good.certificate.get()));
    }
    SECTION("no certificate file") {
        place.put(good);
        fs::remove(place.paths.certificate);
        CHECK(refused_by(place.look()) == "unparsable");
    }
    SECTION("no key file") {
        place.put(good);
        fs::remove(place.paths.key);
        const Examined examined = place.look();
        CHECK(refused_by(examined) == "key_unreadable");
        CHECK(examined.findings.front().severity == certstore::Severity::warn);
    }
    SECTION("a weak key") {
        place.put(pki::make(present_wish("box.example"), nullptr, "RSA:1024"));
        CHECK(refused_by(place.look()) == "key_weak");
    }
    SECTION("not for servers") {
        auto wish = present_wish("box.example");
        wish.extended_key_usage = "clientAuth";
        place.put(pki::make(wish));
        CHECK(refused_by(place.look()) == "not_server_auth");
    }
    SECTION("a weak signature") {
        const auto issuer = pki::make(pki::ca_wish("Root"));
        auto wish = present_wish("box.example");
        wish.digest = "SHA1";
        place.put(pki::make(wish, &issuer));
        const Examined examined = place.look();
        CHECK(refused_by(examined) == "signature_weak");
        CHECK(examined.credential);
    }
}

TEST_CASE("what only warns does not keep a pair from being served") {
    const Place place;
    place.put(pki::make(present_wish("other.example", -1)));
    const Examined examined = place.look();
    CHECK(examined.good());
    CHECK(has(examined, "expired"));
    CHECK(has(examined, "hostname_mismatch"));
}

TEST_CASE("a key that others can read is told with the mode it has now") {
    const Place place;
    place.put(good_pair());
    REQUIRE(::chmod(place.paths.key.c_str(), 0644) == 0);
    const Examined examined = place.look();
    CHECK(examined.good());
    CHECK(has(examined, "key_mode"));
    CHECK(examined.key_facts.mode == 0644);
}

TEST_CASE("passphrases are asked for where the key is encrypted, by the text of its certificate, and nowhere else") {
    const Place place;
    const auto made = good_pair();
    std::vector<std::string> asked;
    const auto note = [&](std::string_view certificate) {
        asked.emplace_back(certificate);
        return Candidates();
    };
    place.put(made);
    CHECK(place.look({}, note).good());
    CHECK(asked.empty());
    place.put_sealed(made, "open-sesame");
    const Examined locked = place.look({}, note);
    CHECK(refused_by(locked) == "key_locked");
    CHECK(locked.locked);
    CHECK(asked == std::vector{made.pem()});
}

TEST_CASE("an examined pair says which passphrase opened it") {
    const Place place;
    place.put_sealed(good_pair(), "open-sesame");
    const base::Secret right("open-sesame");
    const base::Secret wrong("shut-sesame");
    const auto look = [&](const Candidates& candidates) {
        return place.look({}, [&](std::string_view) { return candidates; });
    };
    SECTION("one that was sealed") {
        const Examined examined = look({{&right, &wrong, &wrong}, 1, 2});
        CHECK(examined.good());
        CHECK_FALSE(examined.opened_by_held);
        CHECK_FALSE(examined.opened_by_one_time);
    }
    SECTION("the one that was held") {
        const Examined examined = look({{&wrong, &right, &wrong}, 1, 2});
        CHECK(examined.good());
        CHECK(examined.opened_by_held);
        CHECK_FALSE(examined.opened_by_one_time);
    }
    SECTION("the one of the one-time file") {
        const Examined examined = look({{&wrong, &wrong, &right}, 1, 2});
        CHECK(examined.good());
        CHECK_FALSE(examined.opened_by_held);
        CHECK(examined.opened_by_one_time);
    }
    SECTION("none") {
        const Examined examined = look({{&wrong}, -1, 0});
        CHECK(examined.locked);
        CHECK_FALSE(examined.opened_by_one_time);
    }
    SECTION("there was none to try, and none was needed") {
        place.put(good_pair());
        const Examined examined = look({});
        CHECK(examined.good());
        CHECK_FALSE(examined.opened_by_held);
        CHECK_FALSE(examined.opened_by_one_time);
    }
}

TEST_CASE("the very bytes that are served are not looked at again") {
    const Place place;
    place.put_sealed(good_pair(), "open-sesame");
    const base::Secret passphrase("open-sesame");
    Examined first = place.look({}, [&](std::string_view) { return Candidates{{&passphrase}, -1, -1}; });
    REQUIRE(first.good());
    const Served served{first.credential, first.tickets};
    bool asked = false;
    const auto note = [&](std::string_view) {
        asked = true;
        return Candidates();
    };
    REQUIRE(::chmod(place.paths.key.c_str(), 0640) == 0);
    const Examined again = place.look(served, note);
    CHECK(again.credential == served.credential);
    CHECK_FALSE(again.good());
    CHECK(again.findings.empty());
    CHECK(credentials::reason(again) == nullptr);
    CHECK_FALSE(asked);
    CHECK(again.key_facts.mode == 0640);  // which may have changed all the same
    // One byte more is another pair.
    pki::write_text(place.paths.certificate, pki::read_text(place.paths.certificate) + "\n");
    const Examined changed = place.look(served, note);
    CHECK(changed.credential != served.credential);
    CHECK(asked);
}

TEST_CASE("another pair gets ticket keys of its own; the same one keeps its keys") {
    const Place place;
    place.put(good_pair());
    const Examined first = place.look();
    const Served served{first.credential, first.tickets};
    Examined rebuilt;
    rebuilt.credential = served.credential;
    credentials::judge_and_build(rebuilt, place.terms, served);
    REQUIRE(rebuilt.good());
    CHECK(rebuilt.tickets.current == served.tickets.current);
    place.put(good_pair());
    const Examined second = place.look(served);
    REQUIRE(second.good());
    CHECK(second.tickets.current != served.tickets.current);
    CHECK_FALSE(second.tickets.former);
}

TEST_CASE("the context is built by the door's terms") {
    Place place;
    place.put(good_pair());
    place.terms.policy = config::TlsPolicy::modern;
    const Examined examined = place.look();
    REQUIRE(examined.good());
    CHECK(SSL_CTX_get_min_proto_version(examined.context.get()) == TLS1_3_VERSION);
    place.terms.hostname = "elsewhere.example";
    CHECK(has(place.look(), "hostname_mismatch"));
}

TEST_CASE("looking changes nothing") {
    const Place place;
    place.put_sealed(good_pair(), "open-sesame");
    const auto before = place.contents();
    (void)place.look();
    const base::Secret passphrase("open-sesame");
    CHECK(place.look({}, [&](std::string_view) { return Candidates{{&passphrase}, -1, -1}; }).good());
    CHECK(place.contents() == before);
}

TEST_CASE("the reason is what refuses, before what only comes first") {
    Examined examined;
    CHECK(credentials::reason(examined) == nullptr);
    examined.findings.push_back({"expired", certstore::Severity::warn, "", ""});
    CHECK(credentials::reason(examined)->code == "expired");
    examined.findings.push_back({"key_weak", certstore::Severity::refuse, "", ""});
    CHECK(credentials::reason(examined)->code == "key_weak");
}

TEST_CASE("nothing is placed where neither file is there; what cannot be looked at counts as there") {
    const Place place;
    const auto nothing_placed = [&] { return credentials::nothing_placed(place.files, place.paths); };
    CHECK(nothing_placed());
    SECTION("one of them") {
        const bool which = GENERATE(true, false);
        pki::write_text(which ? place.paths.certificate : place.paths.key, "");
        CHECK_FALSE(nothing_placed());
    }
    SECTION("a link that leads nowhere") {
        fs::create_symlink("nowhere", place.paths.key);
        CHECK_FALSE(nothing_placed());
    }
    SECTION("a folder in their place") {
        fs::create_directory(place.paths.certificate);
        CHECK_FALSE(nothing_placed());
    }
    SECTION("behind a folder that may not be entered") {
        REQUIRE(::chmod(place.folder.path().c_str(), ::geteuid() == 0 ? 0700 : 0000) == 0);
        {
            const pki::AsNobody nobody;
            CHECK_FALSE(nothing_placed());
        }
        REQUIRE(::chmod(place.folder.path().c_str(), 0700) == 0);
    }
}

TEST_CASE("a door's terms are its own settings") {
    config::Settings settings;
    settings.interfaces.clean.hostname = "clean.example";
    settings.interfaces.admin.hostname = "admin.example";
    settings.interfaces.admin.policy = config::TlsPolicy::modern;
    const Terms clean = credentials::terms_of(settings, config::Interface::clean);
    CHECK(clean.hostname == "clean.example");
    CHECK(clean.policy == config::TlsPolicy::intermediate);
    const Terms admin = credentials::terms_of(settings, config::Interface::admin);
    CHECK(admin.interface == config::Interface::admin);
    CHECK(admin.hostname == "admin.example");
    CHECK(admin.policy == config::TlsPolicy::modern);
}

}  // namespace examine_test
