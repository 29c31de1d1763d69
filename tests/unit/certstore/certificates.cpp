#include "tests/unit/certstore/certificates.hpp"

#include "certstore/pem.hpp"

#include <catch2/catch.hpp>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::certstore::testing {

AsNobody::AsNobody() {
    constexpr uid_t nobody = 65534;
    if (::geteuid() != 0) return;
    REQUIRE(::seteuid(nobody) == 0);
    changed_ = true;
}

AsNobody::~AsNobody() {
    if (changed_ && ::seteuid(0) != 0) std::abort();
}

void run(const std::filesystem::path& folder, const std::string& command) {
    INFO(command);
    const std::string whole = "cd '" + folder.string() + "' && { " + command + "; } </dev/null >output.txt 2>&1";
    const int status = std::system(whole.c_str());
    if (status != 0) UNSCOPED_INFO(read_text(folder / "output.txt"));
    REQUIRE(status == 0);
}

std::string read_text(const std::filesystem::path& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_text(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << text;
    }
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

KeyPtr make_key(const std::string& type) {
    const std::size_t colon = type.find(':');
    const std::string algorithm = type.substr(0, colon);
    KeyPtr key;
    if (algorithm == "RSA") {
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{std::stoul(type.substr(colon + 1))}));
    } else if (algorithm == "EC") {
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", type.substr(colon + 1).c_str()));
    } else {
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, algorithm.c_str()));
    }
    INFO(type << ": " << drain_openssl_errors());
    REQUIRE(key);
    return key;
}

Wish ca_wish(const std::string& common_name) {
    Wish wish;
    wish.common_name = common_name;
    wish.alternative_names.clear();
    wish.basic_constraints = "critical,CA:TRUE";
    wish.key_usage = "critical,keyCertSign,cRLSign";
    wish.extended_key_usage.clear();
    return wish;
}

std::string Made::pem() const {
    return to_pem(certificate.get()).value();
}

std::string Made::key_pem() const {
    return std::string(to_pem(key.get()).value().reveal());
}

namespace {

void add(X509* certificate, X509* issuer, int nid, const std::string& value) {
    if (value.empty()) return;
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    REQUIRE(extension);
    REQUIRE(X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

Made make(const Wish& wish, const Made* issuer, const std::string& key_type) {
    Made made{make_key(key_type), CertificatePtr(X509_new())};
    X509* certificate = made.certificate.get();
    X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
    REQUIRE(X509_set_version(certificate, X509_VERSION_3) == 1);
    const std::unique_ptr<BIGNUM, Free<BN_free>> serial(BN_new());
    REQUIRE(BN_rand(serial.get(), 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
    REQUIRE(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr);
    REQUIRE(ASN1_TIME_set(X509_getm_notBefore(certificate), wish.not_before) != nullptr);
    REQUIRE(ASN1_TIME_set(X509_getm_notAfter(certificate), wish.not_after) != nullptr);
    X509_NAME* subject = X509_get_subject_name(certificate);
    if (!wish.common_name.empty()) {
        REQUIRE(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                           reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1,
                                           0) == 1);
    }
    if (!wish.description.empty()) {
        REQUIRE(X509_NAME_add_entry_by_txt(subject, "description", MBSTRING_UTF8,
                                           reinterpret_cast<const unsigned char*>(wish.description.c_str()), -1, -1,
                                           0) == 1);
    }
    REQUIRE(X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1);
    REQUIRE(X509_set_pubkey(certificate, made.key.get()) == 1);
    add(certificate, signer, NID_basic_constraints, wish.basic_constraints);
    add(certificate, signer, NID_key_usage, wish.key_usage);
    add(certificate, signer, NID_ext_key_usage, wish.extended_key_usage);
    add(certificate, signer, NID_subject_alt_name, wish.alternative_names);
    EVP_PKEY* key = issuer != nullptr ? issuer->key.get() : made.key.get();
    const bool bare = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    REQUIRE(X509_sign(certificate, key, bare ? nullptr : EVP_get_digestbyname(wish.digest.c_str())) > 0);
    return made;
}

PairFiles pair_files(const std::string& certificate_pem, const std::string& key_pem) {
    PairFiles files;
    files.paths = {"/pair/cert.pem", "/pair/cert.key"};
    files.certificate.bytes = base::Secret(std::string_view(certificate_pem));
    files.certificate.facts.mode = 0644;
    files.key.bytes = base::Secret(std::string_view(key_pem));
    files.key.facts.mode = 0600;
    return files;
}

CredentialPtr load(const std::string& certificate_pem, const std::string& key_pem) {
    auto credential = Credential::load(pair_files(certificate_pem, key_pem), {});
    INFO((credential ? std::string() : credential.error().text()));
    REQUIRE(credential);
    return *credential;
}

CredentialPtr load(const Made& made) {
    return load(made.pem(), made.key_pem());
}

}  // namespace gatehouse::certstore::testing
