// What people take away, read by the real openssl.
#include "certstore/download.hpp"

#include "certstore/bundle.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

namespace gatehouse::certstore::download_test {
namespace {

using testing::make;
using testing::read_text;
using testing::run;

struct Place {
    tests::Folder folder;
    testing::Made root = make(testing::ca_wish("Root"));
    testing::Made middle = make(testing::ca_wish("Middle"), &root);
    testing::Made leaf = make({}, &middle);
    CredentialPtr credential = testing::load(leaf.pem() + middle.pem() + root.pem(), leaf.key_pem());

    // Downloads to `file`, and what the command says then.
    std::string read_by(DownloadFormat format, const std::string& command) const {
        const auto made = download(*credential, format, "box.example");
        REQUIRE(made);
        CHECK(made->bytes.find("PRIVATE KEY") == std::string::npos);
        testing::write_text(folder / "file", made->bytes);
        run(folder.path(), command);
        return read_text(folder / "output.txt");
    }
    [[nodiscard]] std::string fingerprint_said(const std::string& text) const {
        std::string digits;
        for (const char c : text.substr(text.find('=') + 1)) {
            if (c != ':' && c != '\n') digits += static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        }
        return digits;
    }
};

TEST_CASE("openssl reads the leaf as PEM and as DER") {
    const Place place;
    for (const auto& [format, form] : {std::pair{DownloadFormat::pem, "PEM"}, std::pair{DownloadFormat::der, "DER"}}) {
        const std::string said = place.read_by(
            format, "openssl x509 -inform " + std::string(form) + " -in file -noout -fingerprint -sha256");
        CHECK(place.fingerprint_said(said) == place.credential->fingerprint());
    }
    CHECK(download(*place.credential, DownloadFormat::pem, "box").value().bytes == place.leaf.pem());
}

TEST_CASE("openssl verifies the leaf with the chain that was downloaded") {
    const Place place;
    place.read_by(DownloadFormat::chain,
                  "openssl storeutl -noout -certs file && openssl verify -no_check_time -untrusted file -CAfile file "
                  "file");
    CHECK_THAT(read_text(place.folder / "output.txt"), Catch::Contains("Total found: 3") && Catch::Contains("OK"));
    CHECK(read_text(place.folder / "file") == place.leaf.pem() + place.middle.pem() + place.root.pem());
}

TEST_CASE("openssl finds every certificate in the PKCS#7, and an upload of it is the chain again") {
    const Place place;
    const std::string said = place.read_by(DownloadFormat::p7b, "openssl pkcs7 -inform DER -in file -print_certs");
    for (const char* name : {"subject=CN = box.example", "subject=CN = Middle", "subject=CN = Root"})
        CHECK_THAT(said, Catch::Contains(name));
    const std::string bytes = read_text(place.folder / "file");
    const auto bundle = read_bundle(std::vector<Piece>{{"box.p7b", bytes}}, base::Secret());
    REQUIRE(bundle);
    CHECK(bundle->certificates_pem == place.leaf.pem() + place.middle.pem() + place.root.pem());
}

TEST_CASE("a self-signed certificate is downloaded as its own chain") {
    const testing::Made made = make({});
    const auto credential = testing::load(made);
    for (const auto format : {DownloadFormat::pem, DownloadFormat::chain})
        CHECK(download(*credential, format, "box").value().bytes == made.pem());
    CHECK(download(*credential, DownloadFormat::p7b, "box"));
}

TEST_CASE(
    "the file is called after the host and the form, with nothing in its name that a header or a file system minds") {
    const auto credential = testing::load(make({}));
    const auto called = [&](const std::string& hostname, DownloadFormat format = DownloadFormat::pem) {
        return download(*credential, format, hostname).value().file_name;
    };
    CHECK(called("box.example") == "box.example.cert");
    CHECK(called("box.example", DownloadFormat::der) == "box.example.der");
    CHECK(called("box.example", DownloadFormat::chain) == "box.example-chain.cert");
    CHECK(called("box.example", DownloadFormat::p7b) == "box.example.p7b");
    CHECK(called("2001:db8::1") == "2001_db8__1.cert");
    CHECK(called("a/b\"\r\nSet-Cookie: x") == "a_b___Set-Cookie__x.cert");
    CHECK(called("") == "certificate.cert");
    CHECK(called("..") == "certificate...cert");
}

TEST_CASE("formats have the names of the API") {
    CHECK(download_format("pem") == DownloadFormat::pem);
    CHECK(download_format("der") == DownloadFormat::der);
    CHECK(download_format("chain") == DownloadFormat::chain);
    CHECK(download_format("p7b") == DownloadFormat::p7b);
    for (const char* name : {"", "PEM", "p12", "pem "})
        CHECK_FALSE(download_format(name));
}

}  // namespace
}  // namespace gatehouse::certstore::download_test
