// Any bytes as a key or certificate file: nothing crashes, nothing hangs, and OpenSSL agrees on what is accepted.
#include "certstore/pem.hpp"

#include "certstore/credential.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

// Where OpenSSL reads a first certificate, so do we, and it is the same one.
void compare_with_openssl(std::string_view text, const std::vector<certstore::CertificatePtr>& certificates) {
    const certstore::BioPtr memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    const certstore::CertificatePtr theirs(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (!theirs) return;
    bool found = false;
    for (const auto& ours : certificates)
        found = found || X509_cmp(ours.get(), theirs.get()) == 0;
    require(found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto certificates = certstore::parse_certificates(text, "file")) {
        require(!certificates->empty());
        compare_with_openssl(text, *certificates);
        for (const auto& certificate : *certificates)
            require(!certstore::describe(certificate.get()).key_type.empty());
    }
    const base::Secret passphrase(std::string_view("x\n"));
    const std::array<const base::Secret*, 1> passphrases{&passphrase};
    if (const auto key = certstore::parse_key(text, passphrases, "file")) {
        require(key->key != nullptr);
        require((key->opened_by == 0) == certstore::key_is_encrypted(text));
        require(certstore::to_pem(key->key.get()).has_value());
    }
    static_cast<void>(certstore::public_key_digests(text));
    require(ERR_peek_error() == 0);
    return 0;
}
