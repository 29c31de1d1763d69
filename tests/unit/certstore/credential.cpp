// Reading a pair from disk and holding it.
#include "certstore/credential.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <sys/stat.h>

namespace gatehouse::certstore::credential_test {
namespace {

using base::ErrorKind;
using testing::Made;
using testing::make;
using testing::write_text;
using tests::Folder;

// The real file system, with something happening before each read.
class Disturbed final : public base::FileSystem {
public:
    explicit Disturbed(std::function<void(int)> before_read) : before_read_(std::move(before_read)) {}

    base::Result<base::FileContents> read(const std::filesystem::path& path, std::size_t limit,
                                          base::Links links) const override {
        before_read_(reads_++);
        return system_.read(path, limit, links);
    }
    base::Result<base::FileFacts> facts(const std::filesystem::path& path) const override {
        return system_.facts(path);
    }
    base::Result<base::FileFacts> link_facts(const std::filesystem::path& path) const override {
        return system_.link_facts(path);
    }
    base::Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override {
        return system_.list(folder);
    }
    base::Result<std::uint64_t> free_bytes(const std::filesystem::path& folder) const override {
        return system_.free_bytes(folder);
    }
    base::Result<std::unique_ptr<base::GrowingFile>> create(const std::filesystem::path&, mode_t) override {
        return base::fail(unused().error());
    }
    base::Result<void> write_new(const std::filesystem::path&, std::string_view, mode_t) override { return unused(); }
    base::Result<void> sync(const std::filesystem::path&) override { return unused(); }
    base::Result<void> sync_folder(const std::filesystem::path&) override { return unused(); }
    base::Result<void> rename(const std::filesystem::path&, const std::filesystem::path&) override { return unused(); }
    base::Result<void> overwrite(const std::filesystem::path&) override { return unused(); }
    base::Result<void> remove(const std::filesystem::path&) override { return unused(); }
    base::Result<void> remove_tree(const std::filesystem::path&) override { return unused(); }
    base::Result<void> make_folder(const std::filesystem::path&, mode_t) override { return unused(); }

private:
    static base::Result<void> unused() { return base::fail(ErrorKind::internal, "unused", "reading changes nothing"); }

    base::SystemFiles system_;
    std::function<void(int)> before_read_;
    mutable int reads_ = 0;
};

TEST_CASE("a pair is read with the bytes and the facts of both files") {
    const Folder folder;
    const PairPaths paths{folder / "cert.pem", folder / "cert.key"};
    write_text(paths.certificate, "certificate", 0644);
    write_text(paths.key, "key", 0640);
    const base::SystemFiles files;
    const auto pair = read_pair(files, paths);
    REQUIRE(pair);
    CHECK(pair->paths == paths);
    CHECK(pair->certificate.bytes.reveal() == "certificate");
    CHECK(pair->key.bytes.reveal() == "key");
    CHECK(pair->key.facts.mode == 0640);
}

TEST_CASE("a pair that changes while it is read is read until two reads agree") {
    const Folder folder;
    const PairPaths paths{folder / "cert.pem", folder / "cert.key"};
    write_text(paths.certificate, "certificate 0");
    write_text(paths.key, "key 0");
    // Between the certificate and the key of the first read both are replaced.
    const Disturbed files([&](int read) {
        if (read != 1) return;
        write_text(paths.certificate, "certificate 1");
        write_text(paths.key, "key 1");
    });
    const auto pair = read_pair(files, paths);
    REQUIRE(pair);
    CHECK(pair->certificate.bytes.reveal() == "certificate 1");
    CHECK(pair->key.bytes.reveal() == "key 1");
}

TEST_CASE("a pair that never stops changing is given up on") {
    const Folder folder;
    const PairPaths paths{folder / "cert.pem", folder / "cert.key"};
    write_text(paths.key, "key");
    int reads = 0;
    const Disturbed files([&](int read) {
        reads = read;
        write_text(paths.certificate, std::to_string(read));
    });
    const auto pair = read_pair(files, paths);
    REQUIRE_FALSE(pair);
    CHECK(pair.error().code == "unparsable");
    CHECK_THAT(pair.error().message, Catch::Contains("kept changing"));
    CHECK(reads < 20);
}

TEST_CASE("a file that cannot be read is an error in the findings' codes") {
    const Folder folder;
    const base::SystemFiles files;
    const PairPaths paths{folder / "cert.pem", folder / "cert.key"};
    CHECK(read_pair(files, paths).error().code == "unparsable");
    CHECK_THAT(read_pair(files, paths).error().message, Catch::Contains(paths.certificate.string()));

    write_text(paths.certificate, "certificate");
    const auto no_key = read_pair(files, paths);
    CHECK(no_key.error().kind == ErrorKind::unavailable);
    CHECK(no_key.error().code == "key_unreadable");
    CHECK_THAT(no_key.error().message, Catch::Contains(paths.key.string()));

    std::filesystem::create_directory(paths.key);
    CHECK(read_pair(files, paths).error().code == "unparsable");
    std::filesystem::remove(paths.key);
    write_text(paths.key, std::string(1024 * 1024 + 1, 'x'));
    CHECK(read_pair(files, paths).error().code == "unparsable");
}

TEST_CASE("a key that this process may not read is told with owner, mode and the command that mends it") {
    const Folder folder;
    const base::SystemFiles files;
    const PairPaths paths{folder / "cert.pem", folder / "cert.key"};
    write_text(paths.certificate, "certificate");
    write_text(paths.key, "key", 0000);
    REQUIRE(::chmod(paths.certificate.c_str(), 0644) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    const testing::AsNobody nobody;
    const auto pair = read_pair(files, paths);
    REQUIRE_FALSE(pair);
    CHECK(pair.error().code == "key_unreadable");
    CHECK_THAT(pair.error().message, Catch::Contains("mode 0000"));
    CHECK_THAT(pair.error().advice, Catch::Contains("Run: ch") && Catch::Contains(paths.key.string()));
}

TEST_CASE("a credential knows its leaf, its chain, its fingerprints and the bytes it came from") {
    const Made root = make(testing::ca_wish("Root"));
    const Made leaf = make({}, &root);
    const CredentialPtr credential = testing::load(root.pem() + leaf.pem(), leaf.key_pem());
    CHECK(X509_cmp(credential->leaf(), leaf.certificate.get()) == 0);
    CHECK(credential->chain().size() == 2);
    CHECK(credential->reordered());
    CHECK(credential->opened_by() == -1);
    CHECK(EVP_PKEY_eq(credential->key(), leaf.key.get()) == 1);
    CHECK(credential->fingerprint() == sha256_hex(leaf.certificate.get()));
    CHECK(credential->fingerprint().size() == 64);
    CHECK(credential->spki_sha256() == sha256_hex(leaf.key.get()));
    CHECK(credential->files().certificate.bytes.reveal() == root.pem() + leaf.pem());
}

TEST_CASE("fingerprints are those that openssl prints") {
    const Folder folder;
    const Made made = make({});
    write_text(folder / "cert.pem", made.pem());
    testing::run(folder.path(),
                 "openssl x509 -in cert.pem -outform DER | sha256sum > cert.sum && "
                 "openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum > key.sum");
    CHECK(testing::read_text(folder / "cert.sum").substr(0, 64) == sha256_hex(made.certificate.get()));
    CHECK(testing::read_text(folder / "key.sum").substr(0, 64) == sha256_hex(made.key.get()));
}

TEST_CASE("loading tells which passphrase opened the key, and hands errors on with the file's name") {
    const Folder folder;
    const Made made = make({});
    write_text(folder / "key", made.key_pem());
    testing::run(folder.path(), "openssl pkey -in key -aes256 -passout pass:right -out locked");
    const std::string locked = testing::read_text(folder / "locked");
    const base::Secret wrong(std::string_view("wrong"));
    const base::Secret right(std::string_view("right"));
    const std::vector<const base::Secret*> both{&wrong, &right};
    const auto credential = Credential::load(testing::pair_files(made.pem(), locked), both);
    REQUIRE(credential);
    CHECK((*credential)->opened_by() == 1);
    CHECK((*credential)->files().key.bytes.reveal() == locked);

    CHECK(Credential::load(testing::pair_files(made.pem(), locked), {}).error().code == "key_locked");
    const auto broken = Credential::load(testing::pair_files("nothing", locked), both);
    CHECK(broken.error().code == "unparsable");
    CHECK_THAT(broken.error().message, Catch::Contains("/pair/cert.pem"));
    const auto mismatch = Credential::load(testing::pair_files(make({}).pem(), made.key_pem()), {});
    CHECK(mismatch.error().code == "key_mismatch");
    CHECK_THAT(mismatch.error().message, Catch::Contains("(/pair/cert.key, /pair/cert.pem)"));
}

TEST_CASE("of what was sent no file is named, and the advice is to send what fits") {
    const Made made = make({});
    const auto refused = [](const std::string& certificate_pem, const std::string& key_pem) {
        return Credential::load(testing::pair_files(certificate_pem, key_pem), {}, Spoken::of_what_was_sent).error();
    };
    const base::Error mismatch = refused(make({}).pem(), made.key_pem());
    CHECK(mismatch.code == "key_mismatch");
    CHECK_THAT(mismatch.message, !Catch::Contains("/pair") && Catch::EndsWith("."));
    CHECK(mismatch.advice == "Send the key and the certificate of the same pair.");
    CHECK(refused("", made.key_pem()).message == "what was sent is empty.");
    const base::Error key =
        refused(made.pem(), "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    CHECK_THAT(key.message, Catch::StartsWith("The key that was sent has a block"));
}

TEST_CASE("public keys are found in a file even beside blocks that are broken") {
    const Made a = make({});
    const Made b = make({});
    const std::string text =
        a.pem() + "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n" + b.pem() + a.pem().substr(0, 100);
    CHECK(public_key_digests(text) == std::vector{sha256_hex(a.key.get()), sha256_hex(b.key.get())});
    CHECK(public_key_digests("nothing").empty());
}

TEST_CASE("a certificate is described in words that a person reads") {
    testing::Wish wish;
    wish.common_name = "b\xC3\xBCro.example";
    wish.alternative_names = "DNS:box.example,DNS:*.box.example,IP:192.0.2.1,IP:2001:db8::1,email:a@b.example";
    const Made made = make(wish);
    const CertificateFacts facts = describe(made.certificate.get());
    CHECK(facts.subject == "CN=b\xC3\xBCro.example");
    CHECK(facts.issuer == facts.subject);
    CHECK(facts.names == std::vector<std::string>{"box.example", "*.box.example", "192.0.2.1", "2001:db8::1"});
    CHECK(facts.not_before == wish.not_before);
    CHECK(facts.not_after == wish.not_after);
    CHECK(facts.key_type == "ECDSA P-256");
    CHECK(facts.self_signed);
    CHECK(facts.serial.size() == 16);
    CHECK(facts.fingerprint_sha256 == sha256_hex(made.certificate.get()));
    CHECK(facts.public_key_sha256 == sha256_hex(made.key.get()));
    CHECK(describe(make({}, nullptr, "RSA:2048").certificate.get()).key_type == "RSA 2048");
    CHECK(describe(make({}, nullptr, "EC:P-521").certificate.get()).key_type == "ECDSA P-521");
    CHECK(describe(make({}, nullptr, "ED25519").certificate.get()).key_type == "Ed25519");
    wish.alternative_names.clear();
    wish.common_name = "line\nbreak";
    CHECK(describe(make(wish).certificate.get()).names == std::vector<std::string>{"line?break"});
}

}  // namespace
}  // namespace gatehouse::certstore::credential_test
