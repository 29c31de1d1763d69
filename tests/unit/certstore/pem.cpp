// Certificates and keys in the forms that administrators and their tools write, and what is said of the others.
#include "certstore/pem.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>
#include <openssl/provider.h>

#include <array>

namespace gatehouse::certstore::pem_test {
namespace {

using base::ErrorKind;
using base::Secret;
using testing::Made;
using testing::make;
using testing::make_key;
using testing::read_text;
using testing::run;
using tests::Folder;

// Parses with at most two passphrases.
base::Result<ParsedKey> parse(const std::string& text, std::vector<std::string> passphrases = {}) {
    std::vector<Secret> secrets;
    for (const std::string& passphrase : passphrases)
        secrets.emplace_back(std::string_view(passphrase));
    std::vector<const Secret*> pointers;
    for (const Secret& secret : secrets)
        pointers.push_back(&secret);
    auto parsed = parse_key(text, pointers, "/etc/box/cert.key");
    CHECK(ERR_peek_error() == 0);  // nothing is left for the next caller to trip over
    return parsed;
}

std::string words(const base::Error& error) {
    return error.code + ": " + error.text();
}

void check_refused(const base::Result<std::vector<CertificatePtr>>& parsed, const std::string& part) {
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == ErrorKind::input);
    CHECK(parsed.error().code == "unparsable");
    CHECK_THAT(parsed.error().text(), Catch::Contains(part));
    CHECK(ERR_peek_error() == 0);
}

void check_key_refused(const base::Result<ParsedKey>& parsed, const std::string& part) {
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == "unparsable");
    CHECK_THAT(parsed.error().text(), Catch::Contains(part));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

TEST_CASE("all certificates of a file are read, whatever stands around them") {
    const Made a = make({});
    const Made b = make({});
    const std::string text = "Bag Attributes\r\n    friendlyName: box\r\nsubject=CN = box\r\n" +
                             replaced(a.pem(), "\n", "\r\n") + "garbage between: -----\r\n" + a.key_pem() +
                             "\xEF\xBB\xBF" + b.pem() + "trailing words";
    const auto parsed = parse_certificates(text, "f");
    REQUIRE(parsed);
    REQUIRE(parsed->size() == 2);
    CHECK(X509_cmp((*parsed)[0].get(), a.certificate.get()) == 0);
    CHECK(X509_cmp((*parsed)[1].get(), b.certificate.get()) == 0);
}

TEST_CASE("old and trusted certificate labels are read") {
    const Made made = make({});
    for (const char* label : {"X509 CERTIFICATE", "TRUSTED CERTIFICATE"}) {
        const auto parsed = parse_certificates(replaced(made.pem(), "CERTIFICATE", label), "f");
        REQUIRE(parsed);
        CHECK(X509_cmp(parsed->front().get(), made.certificate.get()) == 0);
    }
    const Folder folder;
    testing::write_text(folder / "cert.pem", made.pem());
    run(folder.path(), "openssl x509 -in cert.pem -trustout -addtrust serverAuth -setalias box -out trusted.pem");
    const auto parsed = parse_certificates(read_text(folder / "trusted.pem"), "f");
    REQUIRE(parsed);
    CHECK(X509_cmp(parsed->front().get(), made.certificate.get()) == 0);
}

TEST_CASE("a cut or damaged certificate block is named by its number") {
    const Made made = make({});
    const std::string pem = made.pem();
    check_refused(parse_certificates(pem + pem.substr(0, pem.size() / 2), "box.pem"),
                  "Block 2 (CERTIFICATE) of box.pem is cut off");
    check_refused(parse_certificates(pem.substr(0, pem.size() / 2) + pem, "box.pem"),
                  "Block 1 (CERTIFICATE) of box.pem is cut off");
    std::string wrong = pem;
    wrong[100] = '*';
    check_refused(parse_certificates(pem + wrong, "box.pem"), "Block 2 (CERTIFICATE) of box.pem is damaged");
    std::string shifted = pem;
    shifted.erase(100, 4);
    check_refused(parse_certificates(shifted, "box.pem"), "Block 1 (CERTIFICATE) of box.pem is damaged");
}

TEST_CASE("a file of the wrong form is recognised, and the command that converts it is named") {
    const Folder folder;
    const Made made = make({});
    testing::write_text(folder / "cert.pem", made.pem());
    testing::write_text(folder / "cert.key", made.key_pem());
    run(folder.path(),
        "openssl x509 -in cert.pem -outform DER -out cert.der && openssl pkey -in cert.key -outform DER -out key.der &&"
        "openssl pkcs8 -topk8 -in cert.key -outform DER -passout pass:x -out locked.der &&"
        "openssl pkcs12 -export -in cert.pem -inkey cert.key -passout pass:x -out pair.p12 &&"
        "openssl crl2pkcs7 -nocrl -certfile cert.pem -out chain.p7b &&"
        "openssl crl2pkcs7 -nocrl -certfile cert.pem -outform DER -out chain.p7.der &&"
        "openssl req -new -key cert.key -subj /CN=box -out request.csr && openssl pkey -in cert.key -pubout -out "
        "public.pem");
    const auto certificate = [&](const char* name) { return parse_certificates(read_text(folder / name), name); };
    const auto key = [&](const char* name) { return parse_key(read_text(folder / name), {}, name); };
    check_refused(certificate("cert.der"), "openssl x509 -inform DER -in cert.der");
    check_refused(certificate("key.der"), "private key in DER form");
    check_refused(certificate("pair.p12"), "openssl pkcs12 -in pair.p12 -nokeys");
    check_refused(certificate("chain.p7b"), "openssl pkcs7 -print_certs -in chain.p7b");
    check_refused(certificate("chain.p7.der"), "openssl pkcs7 -print_certs -inform DER -in chain.p7.der");
    check_refused(certificate("request.csr"), "signing request");
    check_refused(certificate("cert.key"), "holds a private key but no certificate");
    check_key_refused(key("key.der"), "openssl pkey -inform DER -in key.der");
    check_key_refused(key("locked.der"), "openssl pkcs8 -topk8 -inform DER -in locked.der");
    check_key_refused(key("pair.p12"), "openssl pkcs12 -in pair.p12 -nocerts");
    check_key_refused(key("cert.der"), "certificate in DER form");
    check_key_refused(key("cert.pem"), "holds a certificate but no private key");
    check_key_refused(key("public.pem"), "only the public half");
}

TEST_CASE("UTF-16, empty and foreign text are named for what they are") {
    const std::string pem = make({}).pem();
    std::string wide;
    for (const char c : pem)
        wide += std::string{c, '\0'};
    check_refused(parse_certificates("\xFF\xFE" + wide, "f"), "iconv -f UTF-16 -t UTF-8 f > NEW.pem");
    check_refused(parse_certificates(wide, "f"), "UTF-16");
    check_refused(parse_certificates("", "f"), "f is empty");
    check_refused(parse_certificates("\xEF\xBB\xBF \r\n", "f"), "f is empty");
    check_refused(parse_certificates("hello", "f"), "-----BEGIN CERTIFICATE-----");
    check_refused(parse_certificates("\x30\x82\x01", "f"), "binary");
    check_refused(parse_certificates(std::string(max_pem_bytes + 1, 'x'), "f"), "larger");
    check_key_refused(parse("hello"), "PRIVATE KEY-----");
}

TEST_CASE("a name that a shell would take apart is quoted in the command") {
    check_refused(parse_certificates("\xFF\xFE-", "/etc/my certs/it's.pem"), R"('/etc/my certs/it'\''s.pem')");
}

// ---- keys

TEST_CASE("every form of unencrypted key that openssl writes is read") {
    const Folder folder;
    const auto command = GENERATE(
        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key",
        "openssl genrsa -traditional -out key 2048", "openssl ecparam -name prime256v1 -genkey -out key",
        "openssl ecparam -name secp384r1 -genkey -noout -out key",
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out key",
        "openssl genpkey -algorithm ED25519 -out key",
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=box -days 10",
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key1 -out cert -subj /CN=box && cat cert key1 > key");
    CAPTURE(command);
    run(folder.path(), command);
    const std::string text = read_text(folder / "key");
    CHECK_FALSE(key_is_encrypted(text));
    for (const std::string& form : {text, replaced(text, "\n", "\r\n"), "\xEF\xBB\xBFnotes\n" + text + "\n\n"}) {
        const auto parsed = parse(form);
        INFO((parsed ? std::string() : words(parsed.error())));
        REQUIRE(parsed);
        CHECK(parsed->opened_by == -1);
    }
}

// Encrypts the key of `folder` named key with the passphrase "open sesame" to a file named locked.
void check_locked_form(const Folder& folder, const std::string& command) {
    CAPTURE(command);
    run(folder.path(), command);
    const std::string text = read_text(folder / "locked");
    const auto plain = parse(read_text(folder / "key"));
    REQUIRE(plain);
    CHECK(key_is_encrypted(text));

    const auto none = parse(text);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind == ErrorKind::denied);
    CHECK(none.error().code == "key_locked");
    CHECK_THAT(none.error().message, Catch::Contains("no passphrase for it is known"));

    const auto wrong = parse(text, {"open sesam"});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == "key_locked");
    CHECK_THAT(wrong.error().message, Catch::Contains("does not open it"));
    CHECK_THAT(wrong.error().text(), !Catch::Contains("sesam"));

    for (const std::string& form : {text, replaced(text, "\n", "\r\n")}) {
        const auto opened = parse(form, {"wrong", "open sesame"});
        INFO((opened ? std::string() : words(opened.error())));
        REQUIRE(opened);
        CHECK(opened->opened_by == 1);
        CHECK(EVP_PKEY_eq(opened->key.get(), plain->key.get()) == 1);
    }
    for (const char* end : {"\n", "\r\n"}) {
        const auto opened = parse(text, {"open sesame" + std::string(end)});
        REQUIRE(opened);
        CHECK(opened->opened_by == 0);
    }
}

TEST_CASE("traditional encrypted keys are opened, whatever cipher openssl was told, old ones included") {
    const Folder folder;
    run(folder.path(), "openssl genrsa -out key 2048");
    const std::string old = "-provider legacy -provider default ";
    for (const std::string& option :
         {std::string("-aes128"), std::string("-aes192"), std::string("-aes256"), std::string("-des3"),
          std::string("-camellia128"), std::string("-camellia256"), std::string("-aria256"),
          std::string("-aes-256-cfb"), std::string("-aes-128-ofb"), old + "-des", old + "-cipher bf",
          old + "-cipher cast5-cbc", old + "-cipher rc2", old + "-seed"}) {
        const std::string cipher = replaced(option, "-cipher ", "-");
        check_locked_form(folder,
                          "openssl rsa -traditional " + cipher + " -in key -passout 'pass:open sesame' -out locked");
    }
}

TEST_CASE("an encrypted EC key is opened, with its parameters before it") {
    const Folder folder;
    run(folder.path(), "openssl ecparam -name secp384r1 -genkey -out key");
    check_locked_form(
        folder,
        "{ openssl ecparam -name secp384r1; openssl ec -aes256 -in key -passout 'pass:open sesame'; } > locked");
}

TEST_CASE("encrypted PKCS#8 keys are opened: PBKDF2, scrypt, and the old schemes") {
    const Folder folder;
    run(folder.path(), "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key");
    const std::string end = " -in key -passout 'pass:open sesame' -out locked";
    const std::string pkcs8 = "openssl pkcs8 -topk8 ";
    const std::string old = pkcs8 + "-provider legacy -provider default ";
    for (const std::string& command :
         {std::string("openssl pkey -aes256"), pkcs8, pkcs8 + "-v2 aes-128-cbc -v2prf hmacWithSHA512",
          pkcs8 + "-v2 des3 -v2prf hmacWithSHA1", pkcs8 + "-scrypt", pkcs8 + "-iter 100000",
          pkcs8 + "-v1 PBE-SHA1-3DES", old + "-v1 PBE-SHA1-RC2-40", old + "-v1 PBE-SHA1-RC4-128",
          old + "-v1 PBE-MD5-DES", old + "-v1 PBE-SHA1-DES", old + "-v2 des", old + "-v2 rc2"}) {
        check_locked_form(folder, command + end);
    }
}

TEST_CASE("the command that administrators are taught works for RSA: openssl rsa -aes256, traditional or not") {
    const Folder folder;
    run(folder.path(), "openssl req -x509 -days 3650 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=box");
    check_locked_form(folder, "openssl rsa -aes256 -in key -passout 'pass:open sesame' -out locked");
    check_locked_form(folder, "openssl rsa -aes256 -traditional -in key -passout 'pass:open sesame' -out locked");
    check_locked_form(folder, "openssl rsa -des3 -traditional -in key -passout 'pass:open sesame' -out locked");
}

TEST_CASE("reading an old cipher leaves the process's own OpenSSL without it") {
    const Folder folder;
    run(folder.path(),
        "openssl genrsa -out key 2048 && openssl pkcs8 -topk8 -provider legacy -provider default -v1 PBE-MD5-DES -in "
        "key "
        "-passout pass:x -out locked");
    REQUIRE(parse(read_text(folder / "locked"), {"x"}));
    CHECK(OSSL_PROVIDER_available(nullptr, "legacy") == 0);
    CHECK(OSSL_PROVIDER_available(nullptr, "default") == 1);
    const std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>> des(EVP_CIPHER_fetch(nullptr, "DES-CBC", nullptr));
    CHECK(des == nullptr);
    ERR_clear_error();
}

TEST_CASE("a wrong passphrase never opens a key, however its padding comes out") {
    // One wrong passphrase in 256 leaves padding that looks right.
    const Folder folder;
    run(folder.path(),
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key && "
        "openssl ec -aes128 -in key -passout pass:right -out traditional && "
        "openssl pkcs8 -topk8 -iter 1 -in key -passout pass:right -out pkcs8");
    for (const char* file : {"traditional", "pkcs8"}) {
        const std::string text = read_text(folder / file);
        std::vector<std::string> wrong;
        for (int i = 0; i < 1500; ++i)
            wrong.push_back("wrong " + std::to_string(i));
        const auto parsed = parse(text, wrong);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == "key_locked");
        CHECK_THAT(parsed.error().message, Catch::Contains("none of the passphrases"));
    }
}

TEST_CASE("passphrases of any bytes open the key that was encrypted with them") {
    const Folder folder;
    run(folder.path(), "openssl genpkey -algorithm ED25519 -out key");
    for (const std::string& passphrase :
         {std::string("\xC3\xA4\xE2\x82\xAC"), std::string(1, ' '), std::string(500, 'x'), std::string("a:b'c\"d")}) {
        testing::write_text(folder / "pass", passphrase);
        run(folder.path(), "openssl pkcs8 -topk8 -in key -passout file:pass -out locked");
        CHECK(parse(read_text(folder / "locked"), {passphrase}));
    }
}

TEST_CASE("a key type that is not served is named") {
    const Folder folder;
    const auto check = [&](const std::string& command, const std::string& part) {
        CAPTURE(command);
        run(folder.path(), command);
        check_key_refused(parse(read_text(folder / "key")), part);
    };
    check("openssl genpkey -algorithm X25519 -out key", "X25519");
    check("openssl genpkey -algorithm ED448 -out key", "ED448");
    check("openssl ecparam -name secp256k1 -genkey -noout -out key", "secp256k1");
    check("openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out key", "RSA-PSS");
    check("openssl dsaparam -genkey -noout -out key1 1024 && openssl dsa -in key1 -out key", "DSA");
    check_key_refused(parse("-----BEGIN DSA PRIVATE KEY-----\nQUJD\n-----END DSA PRIVATE KEY-----\n"), "of type DSA");
    check_key_refused(parse("-----BEGIN OPENSSH PRIVATE KEY-----\nQUJD\n-----END OPENSSH PRIVATE KEY-----\n"),
                      "ssh-keygen -p -m PEM -f /etc/box/cert.key");
}

TEST_CASE("a curve below the floor is weak, not unknown") {
    const Folder folder;
    run(folder.path(), "openssl ecparam -name prime192v1 -genkey -noout -out key");
    const auto parsed = parse(read_text(folder / "key"));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == "key_weak");
    CHECK(parsed.error().message.find("prime192v1") != std::string::npos);
}

TEST_CASE("a cut or damaged key is unparsable, encrypted or not") {
    const Folder folder;
    run(folder.path(),
        "openssl genrsa -out key 2048 && openssl rsa -in key -aes256 -passout pass:x -out pkcs8 && "
        "openssl rsa -in key -aes256 -traditional -passout pass:x -out traditional");
    for (const char* name : {"key", "pkcs8", "traditional"}) {
        CAPTURE(name);
        const std::string text = read_text(folder / name);
        check_key_refused(parse(text.substr(0, text.size() / 2), {"x"}), "is cut off");
        std::string wrong = text;
        wrong[text.size() / 2] = '*';
        check_key_refused(parse(wrong, {"x"}), "not base64");
    }
    const std::string text = read_text(folder / "key");
    check_key_refused(parse(text.substr(0, 200) + text.substr(204)), "OpenSSL cannot decode");
    const std::string locked = read_text(folder / "pkcs8");
    check_key_refused(parse(locked.substr(0, 200) + locked.substr(265), {"x"}), "is broken");
}

TEST_CASE("a broken or unknown DEK-Info is said to be so, not taken for a wrong passphrase") {
    const Folder folder;
    run(folder.path(),
        "openssl genrsa -out key 2048 && openssl rsa -in key -aes256 -traditional -passout pass:x -out locked");
    const std::string text = read_text(folder / "locked");
    const std::size_t at = text.find("DEK-Info: ");
    REQUIRE(at != std::string::npos);
    const std::size_t end = text.find('\n', at);
    const auto with = [&](const std::string& line) { return text.substr(0, at) + line + text.substr(end); };
    check_key_refused(parse(with("Other: x"), {"x"}), "DEK-Info header is missing or broken");
    check_key_refused(parse(with("DEK-Info: AES-256-CBC,not hex"), {"x"}), "DEK-Info header is missing or broken");
    for (const char* line :
         {"DEK-Info: NO-SUCH-CIPHER,0011223344556677", "DEK-Info: AES-256-GCM,001122334455667788990011",
          "DEK-Info: AES-256-CBC,0011", "DEK-Info: AES-256-CBC"}) {
        CAPTURE(line);
        const auto parsed = parse(with(line), {"x"});
        check_key_refused(parsed, "which OpenSSL cannot read");
        CHECK(parsed.error().kind == ErrorKind::crypto);
    }
}

TEST_CASE("a key that asks for hours of derivation is refused before any is done") {
    const Folder folder;
    run(folder.path(),
        "openssl genpkey -algorithm ED25519 -out key && "
        "openssl pkcs8 -topk8 -in key -iter 1000000 -passout pass:x -outform DER -out locked");
    std::string der = read_text(folder / "locked");
    const std::string million("\x02\x03\x0f\x42\x40", 5);
    const std::size_t at = der.find(million);
    REQUIRE(at != std::string::npos);
    der.replace(at, 5,
                std::string("\x02\x03\x7f\xff\xff", 5));  // 8,388,607: still allowed, but nobody waits for it here
    der.replace(at, 5, std::string("\x02\x03\x0f\x42\x40", 5));
    // Four bytes of iterations, taken from the salt's last one, which is cut by one.
    const std::size_t salt = at - 10;
    REQUIRE(der[salt] == 0x04);
    der.erase(at - 1, 1);
    der[salt + 1] = 7;
    der.replace(at - 1, 5, std::string("\x02\x04\x7f\xff\xff\xff", 6));
    std::string base64(der.size() * 2, '\0');
    base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                                           reinterpret_cast<const unsigned char*>(der.data()),
                                                           static_cast<int>(der.size()))));
    check_key_refused(
        parse("-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + base64 + "\n-----END ENCRYPTED PRIVATE KEY-----\n", {"x"}),
        "more work");
}

TEST_CASE("what is written as PEM is read back the same") {
    for (const char* type : {"RSA:2048", "EC:P-256", "ED25519"}) {
        const KeyPtr key = make_key(type);
        const auto text = to_pem(key.get());
        REQUIRE(text);
        CHECK(text->reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        const auto parsed = parse_key(text->reveal(), {}, "f");
        REQUIRE(parsed);
        CHECK(EVP_PKEY_eq(parsed->key.get(), key.get()) == 1);
    }
}

}  // namespace
}  // namespace gatehouse::certstore::pem_test
