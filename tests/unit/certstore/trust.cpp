// Whom outbound calls believe, proved by verifying certificates with the store.
#include "certstore/trust.hpp"

#include "certstore/pem.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::certstore::trust_test {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using testing::ca_wish;
using testing::day;
using testing::Made;
using testing::make;
using testing::now;
using testing::read_text;
using testing::write_text;

struct Place {
    tests::Folder folder;
    base::SystemFiles files;
    Authorities authorities{files, folder.path()};

    // No test depends on what this machine believes.
    Place() {
        fs::create_directory(folder / "system");
        ::setenv("SSL_CERT_DIR", (folder / "system").c_str(), 1);
        REQUIRE(authorities.load());
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { ::unsetenv("SSL_CERT_DIR"); }

    [[nodiscard]] fs::path file_of(const Made& made) const {
        return folder / ("authorities/" + sha256_hex(made.certificate.get()) + ".pem");
    }
    void add(const Made& made) {
        const auto added = authorities.add(made.pem());
        INFO((added ? std::string() : added.error().text()));
        REQUIRE(added);
        REQUIRE(added->added.size() == 1);
    }
    // What a second start finds.
    [[nodiscard]] TrustStorePtr found_anew() {
        Authorities other(files, folder.path());
        REQUIRE(other.load());
        return other.current();
    }
};

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

// Verifies as a TLS client does; X509_V_OK or OpenSSL's reason.
int verify(const TrustStore& trust, const Made& leaf, const std::vector<const Made*>& sent = {}) {
    using ContextPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
    const ContextPtr context(X509_STORE_CTX_new());
    STACK_OF(X509)* chain = sk_X509_new_null();
    for (const Made* made : sent)
        sk_X509_push(chain, made->certificate.get());
    REQUIRE(X509_STORE_CTX_init(context.get(), trust.store(), leaf.certificate.get(), chain) == 1);
    REQUIRE(X509_STORE_CTX_set_default(context.get(), "ssl_server") == 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), now);
    const int verified = X509_verify_cert(context.get());
    const int reason = X509_STORE_CTX_get_error(context.get());
    CHECK((verified == 1) == (reason == X509_V_OK));
    sk_X509_free(chain);
    ERR_clear_error();
    return reason;
}

TEST_CASE("an empty store believes nobody") {
    Place place;
    CHECK(place.authorities.current()->anchors().empty());
    CHECK(place.authorities.current()->faults().empty());
    CHECK_FALSE(fs::exists(place.folder / "authorities"));
    CHECK(verify(*place.authorities.current(), make({})) != X509_V_OK);
}

TEST_CASE("what an authority issued is believed once the authority was added, and not any more once it was removed") {
    Place place;
    const Made root = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make({}, &middle);
    const TrustStorePtr before = place.authorities.current();
    place.add(root);
    CHECK(verify(*place.authorities.current(), leaf, {&middle}) == X509_V_OK);
    CHECK(verify(*place.authorities.current(), leaf) != X509_V_OK);
    CHECK(verify(*before, leaf, {&middle}) != X509_V_OK);  // a snapshot stays what it was
    const TrustStorePtr with_root = place.authorities.current();
    REQUIRE(place.authorities.remove(sha256_hex(root.certificate.get())));
    CHECK(verify(*place.authorities.current(), leaf, {&middle}) != X509_V_OK);
    CHECK(verify(*with_root, leaf, {&middle}) == X509_V_OK);
    CHECK_FALSE(fs::exists(place.file_of(root)));
}

TEST_CASE("a chain that a server presents is believed or not by the store itself") {
    Place place;
    const Made root = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make({}, &middle);
    const auto chain = [](std::initializer_list<const Made*> made) {
        std::vector<CertificatePtr> certificates;
        for (const Made* one : made) {
            X509_up_ref(one->certificate.get());
            certificates.emplace_back(one->certificate.get());
        }
        return certificates;
    };
    CHECK_FALSE(place.authorities.current()->believes(chain({&leaf, &middle, &root}), now));
    place.add(root);
    const TrustStorePtr trust = place.authorities.current();
    CHECK(trust->believes(chain({&leaf, &middle}), now));
    CHECK_FALSE(trust->believes(chain({&leaf, &middle}), now + 1000 * day));
    CHECK(trust->believes(chain({&leaf, &root, &middle}), now));
    CHECK_FALSE(trust->believes(chain({&leaf}), now));
    CHECK_FALSE(trust->believes({}, now));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("an intermediate authority may be an anchor without its root") {
    Place place;
    const Made root = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make({}, &middle);
    place.add(middle);
    CHECK(verify(*place.authorities.current(), leaf) == X509_V_OK);
    CHECK(verify(*place.authorities.current(), make({}, &root)) != X509_V_OK);
}

TEST_CASE("a certificate that is no authority may be an anchor: it is believed itself, and vouches for no other") {
    Place place;
    const Made own = make({});
    const Made root = make(ca_wish("Root"));
    const Made issued = make({}, &root);
    place.add(own);
    place.add(issued);
    const TrustStore& trust = *place.authorities.current();
    CHECK(verify(trust, own) == X509_V_OK);
    CHECK(verify(trust, issued) == X509_V_OK);
    for (const Anchor& anchor : trust.anchors())
        CHECK_FALSE(anchor.is_authority);
    for (const Made* signer : {&own, &issued})
        CHECK(verify(trust, make({}, signer), {signer}) != X509_V_OK);
    CHECK(verify(trust, make({})) != X509_V_OK);  // of the same name, with another key
}

TEST_CASE("plain openssl req -x509 output is believed, as appliances show it") {
    Place place;
    testing::run(place.folder.path(),
                 "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=box -days 10000");
    const std::string pem = read_text(place.folder / "cert");
    const auto added = place.authorities.add(pem);
    REQUIRE(added);
    REQUIRE(added->added.size() == 1);
    CHECK(added->added.front().is_authority);
    // The real openssl as a client that was given this store's file.
    testing::run(place.folder.path(),
                 "openssl verify -partial_chain -purpose sslserver -CAfile authorities/*.pem cert");
}

TEST_CASE("a client certificate is believed as an anchor and still does for no server") {
    Place place;
    testing::Wish wish;
    wish.extended_key_usage = "clientAuth";
    const Made made = make(wish);
    place.add(made);
    CHECK(verify(*place.authorities.current(), made) == X509_V_ERR_INVALID_PURPOSE);
}

TEST_CASE("what was added is listed with its facts, also after a restart") {
    Place place;
    testing::Wish wish = ca_wish("Old Root");
    wish.not_before = now - 10 * day;
    wish.not_after = now - 1;
    const Made old = make(wish);
    wish.not_before = now + day;
    wish.not_after = now + 2 * day;
    const Made early = make(wish);
    const auto added = place.authorities.add("words\n" + old.pem() + early.pem());
    REQUIRE(added);
    CHECK(added->refused.empty());
    REQUIRE(added->added.size() == 2);
    const TrustStorePtr trust = place.found_anew();
    REQUIRE(trust->anchors().size() == 2);
    CHECK(trust->faults().empty());
    for (const Made* made : {&old, &early}) {
        const std::string fingerprint = sha256_hex(made->certificate.get());
        const auto anchor = std::find_if(trust->anchors().begin(), trust->anchors().end(), [&](const Anchor& one) {
            return one.facts.fingerprint_sha256 == fingerprint;
        });
        REQUIRE(anchor != trust->anchors().end());
        CHECK(anchor->facts.subject == "CN=Old Root");
        CHECK(anchor->facts.issuer == "CN=Old Root");
        CHECK(anchor->is_authority);
        CHECK(anchor->expired_at(now) == (made == &old));
        CHECK(anchor->not_yet_valid_at(now) == (made == &early));
    }
    CHECK(mode_of(place.folder / "authorities") == 0700);
    CHECK(mode_of(place.file_of(old)) == 0600);
    CHECK(read_text(place.file_of(old)) == old.pem());
}

TEST_CASE("an expired anchor makes nobody believed") {
    Place place;
    testing::Wish wish = ca_wish("Old Root");
    wish.not_after = now - 1;
    const Made old = make(wish);
    place.add(old);
    CHECK(verify(*place.authorities.current(), make({}, &old)) == X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_CASE("of several pasted blocks each is taken or refused for itself, by its position") {
    Place place;
    const Made known = make(ca_wish("Known"));
    place.add(known);
    const Made first = make(ca_wish("First"));
    const Made last = make(ca_wish("Last"));
    std::string damaged = make({}).pem();
    damaged.erase(100, 4);
    const std::string cut = last.pem().substr(0, 200) + "\n";
    const auto outcome =
        place.authorities.add(first.pem() + damaged + known.pem() + first.key_pem() + first.pem() + cut + last.pem());
    REQUIRE(outcome);
    CHECK(ERR_peek_error() == 0);
    REQUIRE(outcome->added.size() == 2);
    CHECK(outcome->added[0].facts.subject == "CN=First");
    CHECK(outcome->added[1].facts.subject == "CN=Last");
    REQUIRE(outcome->refused.size() == 5);
    const std::vector<std::pair<std::size_t, std::string>> expected{
        {2, "unparsable"}, {3, "authority_known"}, {4, "not_a_certificate"}, {5, "authority_known"}, {6, "unparsable"}};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(outcome->refused[i].position == expected[i].first);
        CHECK(outcome->refused[i].error.code == expected[i].second);
    }
    CHECK_THAT(outcome->refused[0].error.message, Catch::Contains("Block 2"));
    CHECK(place.found_anew()->anchors().size() == 3);
    CHECK_THAT(read_text(place.file_of(first)), !Catch::Contains("PRIVATE KEY"));
}

TEST_CASE("a text without any block is refused as a whole") {
    Place place;
    for (const std::string& text : {std::string(), std::string("hello"), std::string("\x30\x82\x01\x00", 4),
                                    std::string(max_pem_bytes + 1, 'x')}) {
        const auto added = place.authorities.add(text);
        REQUIRE_FALSE(added);
        CHECK(added.error().kind == ErrorKind::input);
        CHECK(added.error().code == "unparsable");
    }
    CHECK_FALSE(fs::exists(place.folder / "authorities"));
}

TEST_CASE("only what was added can be removed, and no name leads out of the folder") {
    Place place;
    place.add(make({}));
    write_text(place.folder / "victim.pem", "stays");
    for (const std::string& fingerprint :
         {std::string(), std::string("../victim"), std::string(64, 'a'), std::string(64, 'A'), std::string(64, '/'),
          std::string("settings.json"), sha256_hex(make({}).certificate.get())}) {
        const auto removed = place.authorities.remove(fingerprint);
        REQUIRE_FALSE(removed);
        CHECK(removed.error().kind == ErrorKind::not_found);
        CHECK(removed.error().code == "authority_unknown");
    }
    CHECK(read_text(place.folder / "victim.pem") == "stays");
    CHECK(place.found_anew()->anchors().size() == 1);
}

TEST_CASE("a broken file is told by its name and keeps nobody else from being believed") {
    Place place;
    const Made good = make(ca_wish("Good"));
    const Made moved = make(ca_wish("Moved"));
    const Made broken = make(ca_wish("Broken"));
    place.add(good);
    const fs::path folder = place.folder / "authorities";
    write_text(folder / (std::string(64, 'a') + ".pem"), moved.pem());
    write_text(place.file_of(broken), broken.pem().substr(0, 300));
    write_text(folder / (std::string(64, 'b') + ".pem"), "");
    write_text(folder / (std::string(64, 'c') + ".pem"), good.pem() + moved.pem());
    write_text(folder / "corp.pem", moved.pem());
    write_text(folder / ".left.pem.0011.tmp", "half");
    fs::create_symlink(place.file_of(good), folder / (std::string(64, 'd') + ".pem"));
    fs::create_directory(folder / (std::string(64, 'e') + ".pem"));
    REQUIRE(place.authorities.load());
    const TrustStore& trust = *place.authorities.current();
    REQUIRE(trust.anchors().size() == 1);
    CHECK(verify(trust, make({}, &good)) == X509_V_OK);
    CHECK(verify(trust, make({}, &moved)) != X509_V_OK);
    CHECK(trust.faults().size() == 7);
    for (const base::Error& fault : trust.faults())
        CHECK_THAT(fault.message, Catch::Contains(folder.string()));
    CHECK(ERR_peek_error() == 0);

    // Adding the certificate again mends its file; removing what is broken takes it away.
    place.add(broken);
    CHECK(read_text(place.file_of(broken)) == broken.pem());
    REQUIRE(place.authorities.remove(std::string(64, 'b')));
    CHECK(place.found_anew()->faults().size() == 5);
}

TEST_CASE("the system's authorities are believed unless they are left out") {
    Place place;
    const Made root = make(ca_wish("System Root"));
    const Made leaf = make({}, &root);
    write_text(place.folder / "system/root.pem", root.pem());
    testing::run(place.folder / "system", "openssl rehash .");
    const TrustStorePtr trust = place.found_anew();
    CHECK(trust->system_roots());
    CHECK(trust->anchors().empty());
    CHECK(verify(*trust, leaf) == X509_V_OK);

    REQUIRE(place.authorities.include_system_roots(false));
    CHECK_FALSE(place.authorities.current()->system_roots());
    CHECK(verify(*place.authorities.current(), leaf) != X509_V_OK);
    const fs::path settings = place.folder / "authorities/settings.json";
    CHECK(mode_of(settings) == 0600);
    CHECK_FALSE(place.found_anew()->system_roots());
    place.add(root);
    CHECK(verify(*place.authorities.current(), leaf) == X509_V_OK);

    REQUIRE(place.authorities.include_system_roots(true));
    CHECK(place.found_anew()->system_roots());
    CHECK(place.found_anew()->anchors().size() == 1);
}

TEST_CASE("settings that can't be understood leave the system's authorities out, and are told") {
    Place place;
    fs::create_directory(place.folder / "authorities");
    const fs::path settings = place.folder / "authorities/settings.json";
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("{}"), std::string("[]"), std::string(R"({"system_roots": 1})"),
          std::string(R"({"system_roots": true, "more": 1})"), std::string(5000, ' ')}) {
        CAPTURE(text);
        write_text(settings, text);
        const TrustStorePtr trust = place.found_anew();
        CHECK_FALSE(trust->system_roots());
        REQUIRE(trust->faults().size() == 1);
        CHECK_THAT(trust->faults().front().message, Catch::Contains("settings.json"));
    }
    REQUIRE(place.authorities.include_system_roots(true));
    CHECK(place.found_anew()->faults().empty());
}

TEST_CASE("a place that can't be written is told, and nothing changes") {
    Place place;
    const Made first = make({});
    place.add(first);
    REQUIRE(::chmod(place.folder.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((place.folder / "authorities").c_str(), 0755) == 0);
    REQUIRE(::chmod(place.file_of(first).c_str(), 0644) == 0);
    const testing::AsNobody nobody;
    if (::access((place.folder / "authorities").c_str(), W_OK) == 0 && ::geteuid() != 65534) return;
    const auto added = place.authorities.add(make({}).pem());
    REQUIRE(added);
    CHECK(added->added.empty());
    REQUIRE(added->refused.size() == 1);
    CHECK(added->refused.front().error.code == "file_denied");
    CHECK(place.authorities.remove(sha256_hex(first.certificate.get())).error().code == "file_denied");
    CHECK(place.authorities.include_system_roots(false).error().code == "file_denied");
    CHECK(place.authorities.current()->anchors().size() == 1);
    CHECK(place.authorities.current()->system_roots());
}

}  // namespace
}  // namespace gatehouse::certstore::trust_test
