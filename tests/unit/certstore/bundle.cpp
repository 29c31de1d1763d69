// What administrators upload: every form that openssl and other tools write, and what is said of the rest.
#include "certstore/bundle.hpp"

#include "certstore/armor.hpp"
#include "certstore/pem.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <cstdlib>

namespace gatehouse::certstore::bundle_test {
namespace {

using base::ErrorKind;
using base::Secret;
using testing::ca_wish;
using testing::Made;
using testing::make;
using testing::read_text;
using testing::run;
using testing::write_text;

base::Result<Bundle> read(const std::vector<std::string>& pieces, const std::string& passphrase = "") {
    std::vector<Piece> given;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        given.push_back({"piece " + std::to_string(i + 1), pieces[i]});
    auto bundle = read_bundle(given, Secret(std::string_view(passphrase)));
    CHECK(ERR_peek_error() == 0);  // nothing is left for the next caller to trip over
    return bundle;
}

Bundle read_well(const std::vector<std::string>& pieces, const std::string& passphrase = "") {
    auto bundle = read(pieces, passphrase);
    INFO((bundle ? std::string() : bundle.error().code + ": " + bundle.error().text()));
    REQUIRE(bundle);
    return std::move(*bundle);
}

void check_refused(const base::Result<Bundle>& bundle, const std::string& code, const std::string& part) {
    REQUIRE_FALSE(bundle);
    CHECK(bundle.error().kind == ErrorKind::input);
    CHECK(bundle.error().code == code);
    CHECK_THAT(bundle.error().text(), Catch::Contains(part));
}

// A leaf with two issuers above it, as files: leaf.pem, middle.pem, root.pem, chain.pem (issuers only), all.pem, key.
struct Pair {
    tests::Folder folder;
    Made root = make(ca_wish("Root"));
    Made middle = make(ca_wish("Middle"), &root);
    Made leaf;

    explicit Pair(const std::string& key_type = "EC:P-256") : leaf(make({}, &middle, key_type)) {
        write_text(folder / "leaf.pem", leaf.pem());
        write_text(folder / "chain.pem", middle.pem() + root.pem());
        write_text(folder / "all.pem", all());
        write_text(folder / "key", leaf.key_pem());
    }
    [[nodiscard]] std::string all() const { return leaf.pem() + middle.pem() + root.pem(); }
    [[nodiscard]] std::string made_by(const std::string& command) const {
        CAPTURE(command);
        run(folder.path(), command);
        return read_text(folder / "out");
    }
    // Whether the bundle holds exactly this pair, and a door could load it in this form.
    void check_whole(const Bundle& bundle, const std::string& certificates) const {
        CHECK(bundle.certificates_pem == certificates);
        REQUIRE(bundle.key_pem);
        CHECK(bundle.key_sha256 == sha256_hex(leaf.key.get()));
        std::vector<const Secret*> passphrases;
        if (bundle.passphrase) passphrases.push_back(&*bundle.passphrase);
        const auto loaded = Credential::load(
            testing::pair_files(bundle.certificates_pem, std::string(bundle.key_pem->reveal())), passphrases);
        INFO((loaded ? std::string() : loaded.error().text()));
        REQUIRE(loaded);
        CHECK((*loaded)->spki_sha256() == bundle.key_sha256);
        CHECK(((*loaded)->opened_by() == -1) == !bundle.passphrase.has_value());
    }
};

TEST_CASE("key and chain are found in one piece or two, in any mix and order") {
    const Pair pair;
    const std::string key = pair.leaf.key_pem();
    for (const auto& pieces :
         {std::vector{pair.all(), key}, std::vector{key, pair.all()}, std::vector{pair.all() + key},
          std::vector{key + pair.all()}, std::vector{pair.leaf.pem() + key, pair.middle.pem() + pair.root.pem()},
          std::vector{pair.all() + key, key}, std::vector{pair.leaf.pem(), pair.all(), key},
          std::vector{std::string(" \r\n"), pair.all(), std::string(), key}}) {
        pair.check_whole(read_well(pieces), pair.all());
    }
    CHECK(read_well({pair.middle.pem() + pair.leaf.pem(), key}).certificates_pem ==
          pair.middle.pem() + pair.leaf.pem());
}

TEST_CASE("certificates without a key are a bundle too") {
    const Pair pair;
    const Bundle bundle = read_well({pair.all()}, "not needed");
    CHECK(bundle.certificates_pem == pair.all());
    CHECK_FALSE(bundle.key_pem);
    CHECK_FALSE(bundle.passphrase);
    CHECK(bundle.key_sha256.empty());
}

TEST_CASE("text around the blocks, line ends of Windows and a byte order mark change nothing") {
    const Pair pair;
    std::string text =
        "\xEF\xBB\xBF"
        "Bag Attributes\n  friendlyName: box\n" +
        pair.all() + "and the key:\n" + pair.leaf.key_pem();
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
        text.replace(at, 1, "\r\n");
    const Bundle bundle = read_well({text}, "unused");
    pair.check_whole(bundle, pair.all());
    CHECK(bundle.key_pem->equals(pair.leaf.key_pem()));
    CHECK_FALSE(bundle.passphrase);
}

TEST_CASE("DER is recognised: a certificate, several, and every form of key") {
    const Pair pair;
    const std::string der = pair.made_by("openssl x509 -in leaf.pem -outform DER -out out");
    CHECK(read_well({der}).certificates_pem == pair.leaf.pem());
    const std::string middle = pair.made_by("openssl x509 -in chain.pem -outform DER -out out");
    CHECK(read_well({der + middle}).certificates_pem == pair.leaf.pem() + pair.middle.pem());
    check_refused(read({der + "rest"}), "unparsable", "something else behind");

    for (const auto& [type, commands] :
         {std::pair{"RSA:2048", std::vector{"openssl pkcs8 -topk8 -nocrypt -in key -outform DER -out out",
                                            "openssl rsa -traditional -in key -outform DER -out out"}},
          std::pair{"EC:P-384", std::vector{"openssl pkcs8 -topk8 -nocrypt -in key -outform DER -out out",
                                            "openssl ec -in key -outform DER -out out"}},
          std::pair{"ED25519", std::vector{"openssl pkey -in key -outform DER -out out"}}}) {
        const Pair typed(type);
        for (const char* command : commands) {
            CAPTURE(command);
            typed.check_whole(read_well({typed.all(), typed.made_by(command)}), typed.all());
        }
    }
}

TEST_CASE("an encrypted key stays encrypted as it came, and its passphrase comes with it") {
    const Pair pair("RSA:2048");
    for (const char* command :
         {"openssl pkcs8 -topk8 -in key -passout 'pass:open sesame' -out out",
          "openssl pkcs8 -topk8 -scrypt -in key -passout 'pass:open sesame' -out out",
          "openssl pkcs8 -topk8 -provider legacy -provider default -v1 PBE-SHA1-RC2-40 -in key -passout "
          "'pass:open sesame' -out out",
          "openssl rsa -aes256 -traditional -in key -passout 'pass:open sesame' -out out"}) {
        CAPTURE(command);
        const std::string locked = pair.made_by(command);
        const Bundle bundle = read_well({pair.all(), locked}, "open sesame");
        pair.check_whole(bundle, pair.all());
        CHECK(bundle.key_pem->reveal() == locked);
        REQUIRE(bundle.passphrase);
        CHECK(bundle.passphrase->equals("open sesame"));
        check_refused(read({pair.all() + locked}), "key_locked", "no passphrase was given");
        check_refused(read({pair.all(), locked}, "wrong"), "key_locked", "the passphrase given does not open it");
    }
    const std::string der =
        pair.made_by("openssl pkcs8 -topk8 -in key -passout 'pass:open sesame' -outform DER -out out");
    const Bundle bundle = read_well({pair.all(), der}, "open sesame");
    pair.check_whole(bundle, pair.all());
    CHECK_THAT(std::string(bundle.key_pem->reveal()), Catch::StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    check_refused(read({pair.all(), der}), "key_locked", "piece 2");
}

TEST_CASE("PKCS#7 is recognised in PEM, in DER and in the blocks that Windows writes; the leaf comes first") {
    const Pair pair;
    const std::string make_it = "openssl crl2pkcs7 -nocrl -certfile chain.pem -certfile leaf.pem -out out";
    const std::string pem = pair.made_by(make_it);
    std::string windows = pem;
    for (const char* marker : {"BEGIN PKCS7", "END PKCS7"}) {
        const std::string label(marker);
        windows.replace(windows.find(label), label.size(), label.substr(0, label.find(' ')) + " CERTIFICATE");
    }
    REQUIRE_THAT(windows, Catch::StartsWith("-----BEGIN CERTIFICATE-----"));
    for (const std::string& form : {pem, windows, pair.made_by(make_it + " -outform DER")}) {
        pair.check_whole(read_well({form, pair.leaf.key_pem()}), pair.all());
        CHECK(read_well({pair.leaf.pem(), form}).certificates_pem == pair.all());
    }
    const std::string empty = pair.made_by("openssl crl2pkcs7 -nocrl -out out");
    check_refused(read({empty}), "unparsable", "without certificates");
    const std::string envelope =
        Pair("RSA:2048").made_by("openssl smime -encrypt -in key -outform DER -out out leaf.pem");
    check_refused(read({envelope}), "unparsable", "without certificates");
}

TEST_CASE("PKCS#12 of every age is opened: its key comes unencrypted, the leaf first") {
    const Pair pair("RSA:2048");
    const std::string start = "openssl pkcs12 -export -inkey key -in leaf.pem -certfile chain.pem -out out ";
    const std::string pass = "-passout 'pass:open sesame' ";
    for (const std::string& options :
         {pass, pass + "-legacy", pass + "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
          pass + "-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-RC2-40", pass + "-nomac", pass + "-legacy -nomac",
          pass + "-certpbe NONE", pass + "-keypbe NONE -certpbe NONE", pass + "-macalg sha512 -iter 10000",
          pass + "-certpbe AES-256-CBC -keypbe AES-128-CBC"}) {
        CAPTURE(options);
        const std::string container = pair.made_by(start + options);
        for (const char* passphrase : {"open sesame", "open sesame\n"}) {
            const Bundle bundle = read_well({container}, passphrase);
            pair.check_whole(bundle, pair.all());
            CHECK(bundle.key_pem->equals(pair.leaf.key_pem()));
            CHECK_FALSE(bundle.passphrase);
        }
        if (options.find("NONE -certpbe NONE") != std::string::npos) continue;
        check_refused(read({container}), "passphrase_missing", "piece 1");
        check_refused(read({container}, "wrong"), "passphrase_wrong", "piece 1");
    }
    const std::string container = pair.made_by(start + pass);
    check_refused(read({container, container, container}, "open sesame"), "unparsable", "one PKCS#12 too many");
}

TEST_CASE("a PKCS#12 without a passphrase, without a key, or with a passphrase of any bytes is opened") {
    const Pair pair;
    const std::string start = "openssl pkcs12 -export -in all.pem -out out ";
    pair.check_whole(read_well({pair.made_by(start + "-inkey key -passout pass:")}), pair.all());
    pair.check_whole(read_well({pair.made_by(start + "-inkey key -legacy -passout pass:")}), pair.all());
    const Bundle trusted = read_well({pair.made_by(start + "-nokeys -passout pass:x")}, "x");
    CHECK_FALSE(trusted.key_pem);
    CHECK(trusted.certificates_pem == pair.all());
    for (const std::string& passphrase : {std::string("\xC3\xA4\xE2\x82\xAC"), std::string(400, 'x')}) {
        write_text(pair.folder / "pass", passphrase);
        pair.check_whole(read_well({pair.made_by(start + "-inkey key -passout file:pass")}, passphrase), pair.all());
    }
}

TEST_CASE("a key in a PKCS#12 and once more beside it is one key") {
    const Pair pair;
    const std::string container =
        pair.made_by("openssl pkcs12 -export -inkey key -in leaf.pem -passout pass:x -out out");
    pair.check_whole(read_well({container, pair.leaf.key_pem(), pair.middle.pem() + pair.root.pem()}, "x"), pair.all());
}

TEST_CASE("an old PKCS#12 leaves the process's own OpenSSL without its ciphers") {
    const Pair pair;
    const std::string container =
        pair.made_by("openssl pkcs12 -export -legacy -inkey key -in leaf.pem -passout pass:x -out out");
    read_well({container}, "x");
    CHECK(OSSL_PROVIDER_available(nullptr, "legacy") == 0);
    CHECK(OSSL_PROVIDER_available(nullptr, "default") == 1);
    const std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>> rc2(EVP_CIPHER_fetch(nullptr, "RC2-40-CBC", nullptr));
    CHECK(rc2 == nullptr);
    ERR_clear_error();
}

TEST_CASE("where the legacy provider is missing an old PKCS#12 is told to need it, and a modern one is opened") {
    const Pair pair;
    const std::string start = "openssl pkcs12 -export -inkey key -in leaf.pem -passout pass:x -out out ";
    const std::string old = pair.made_by(start + "-legacy");
    const std::string modern = pair.made_by(start);
    ::setenv("OPENSSL_MODULES", pair.folder.path().c_str(), 1);
    const auto bundle = read({old}, "x");
    const auto other = read({modern}, "x");
    ::unsetenv("OPENSSL_MODULES");
    check_refused(bundle, "unparsable", "needs OpenSSL's legacy provider, and this machine has none");
    CHECK_THAT(bundle.error().message, Catch::Contains("RC2"));
    CHECK(other);
    CHECK(read({old}, "x"));
}

using ContainerPtr = std::unique_ptr<PKCS12, Free<PKCS12_free>>;

std::string der_of(PKCS12* container) {
    unsigned char* der = nullptr;
    const int size = i2d_PKCS12(container, &der);
    REQUIRE(size > 0);
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return bytes;
}

TEST_CASE("a PKCS#12 with two keys is refused: nobody said which") {
    const Pair pair;
    const testing::Made other = make({});
    STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
    for (EVP_PKEY* key : {pair.leaf.key.get(), other.key.get()})
        REQUIRE(PKCS12_add_key(&bags, key, 0, 2048, NID_aes_256_cbc, "x") != nullptr);
    STACK_OF(PKCS7)* safes = nullptr;
    REQUIRE(PKCS12_add_safe(&safes, bags, -1, 0, nullptr) == 1);
    const ContainerPtr container(PKCS12_add_safes(safes, 0));
    REQUIRE(PKCS12_set_mac(container.get(), "x", 1, nullptr, 0, 2048, EVP_sha256()) == 1);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    check_refused(read({pair.all(), der_of(container.get())}, "x"), "several_keys", "more than one private key");
}

TEST_CASE("a PKCS#12 that asks for hours of work is refused before any is done") {
    const Pair pair;
    const std::string good = pair.made_by("openssl pkcs12 -export -inkey key -in leaf.pem -passout pass:x -out out");
    const auto* bytes = reinterpret_cast<const unsigned char*>(good.data());
    const ContainerPtr container(d2i_PKCS12(nullptr, &bytes, static_cast<long>(good.size())));
    REQUIRE(container);
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, container.get());
    REQUIRE(ASN1_INTEGER_set(const_cast<ASN1_INTEGER*>(iterations), 2'000'000'000) == 1);
    check_refused(read({der_of(container.get())}, "x"), "unparsable", "more work");
}

TEST_CASE("a PKCS#12 with more encrypted parts than anybody makes is refused") {
    const Pair pair;
    STACK_OF(PKCS7)* safes = nullptr;
    for (int i = 0; i < 5; ++i) {
        STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
        REQUIRE(PKCS12_add_cert(&bags, pair.leaf.certificate.get()) != nullptr);
        REQUIRE(PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, 2048, "x") == 1);
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    const ContainerPtr container(PKCS12_add_safes(safes, 0));
    sk_PKCS7_pop_free(safes, PKCS7_free);
    check_refused(read({der_of(container.get())}, "x"), "unparsable", "more work");
}

TEST_CASE("two different keys are refused, whatever form they come in") {
    const Pair pair;
    const Made other = make({});
    check_refused(read({pair.all() + pair.leaf.key_pem(), other.key_pem()}), "several_keys", "piece 2");
    check_refused(read({pair.all(), other.key_pem() + pair.leaf.key_pem()}), "several_keys", "piece 2");
}

TEST_CASE("a key alone, or nothing at all, is no upload") {
    const Pair pair;
    check_refused(read({pair.leaf.key_pem()}), "no_certificate", "a private key but no certificate");
    check_refused(read({}), "no_certificate", "holds no certificate");
    check_refused(read({"", " \n", "\xEF\xBB\xBF"}), "no_certificate", "holds no certificate");
}

TEST_CASE("what is damaged, cut off or something else is told by the piece's name") {
    const Pair pair;
    const std::string pem = pair.leaf.pem();
    const std::string key = pair.leaf.key_pem();
    check_refused(read({pair.all(), key.substr(0, key.size() / 2)}), "unparsable",
                  "Block 1 (PRIVATE KEY) of piece 2 is cut off");
    check_refused(read({pem + pem.substr(0, pem.size() / 2)}), "unparsable",
                  "Block 2 (CERTIFICATE) of piece 1 is cut off");
    std::string shifted = pem;
    shifted.erase(100, 4);
    check_refused(read({shifted}), "unparsable", "Block 1 (CERTIFICATE) of piece 1 is damaged");
    check_refused(read({"hello"}), "unparsable", "piece 1 holds no PEM block");
    check_refused(read({pair.all(), std::string("\x30\x82\x01", 3)}), "unparsable", "piece 2 is binary");
    check_refused(read({std::string(max_pem_bytes + 1, 'x')}), "unparsable", "piece 1 is larger than");
    check_refused(read({pair.made_by("openssl req -new -key key -subj /CN=box -out out")}), "unparsable",
                  "a signing request, which a CA must sign first");
    std::string wide = "\xFF\xFE";
    for (const char c : pem)
        wide += std::string{c, '\0'};
    check_refused(read({wide}), "unparsable", "UTF-16");
    const std::string container =
        pair.made_by("openssl pkcs12 -export -inkey key -in leaf.pem -passout pass:x -out out");
    check_refused(read({container.substr(0, container.size() - 20)}, "x"), "unparsable", "piece 1 is binary");
    std::string broken = container;
    broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 1);
    check_refused(read({broken}, "x"), "passphrase_wrong", "piece 1");
}

TEST_CASE("a key that no door serves is refused with the word for it") {
    const Pair pair;
    check_refused(read({pair.all(), pair.made_by("openssl genpkey -algorithm X25519 -out out")}), "unparsable",
                  "X25519");
    check_refused(read({pair.all(), pair.made_by("openssl ecparam -name prime192v1 -genkey -noout -outform DER -out "
                                                 "out")}),
                  "key_weak", "prime192v1");
}

TEST_CASE("more certificates than a chain can have are refused") {
    std::string many;
    const Made first = make({});
    for (std::size_t i = 0; i <= max_certificates; ++i)
        many += make({}, &first).pem();
    check_refused(read({many}), "unparsable", "more than 64 certificates");
}

TEST_CASE("encoded bytes are decoded to the same, whatever their length") {
    for (std::size_t size = 1; size < 200; ++size) {
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<char>(i * 7);
        const Secret text = encode("SOME KEY", bytes, size % 2 == 0 ? "Proc-Type: 4,ENCRYPTED\nDEK-Info: x\n" : "");
        const auto blocks = find_blocks(text.reveal());
        REQUIRE(blocks.size() == 1);
        CHECK(blocks[0].label == "SOME KEY");
        CHECK(blocks[0].complete);
        const auto back = decode(blocks[0]);
        REQUIRE(back);
        CHECK(back->reveal() == bytes);
        CHECK(header(blocks[0], "DEK-Info").has_value() == (size % 2 == 0));
    }
}

}  // namespace
}  // namespace gatehouse::certstore::bundle_test
