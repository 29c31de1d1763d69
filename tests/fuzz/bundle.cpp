// Any bytes as an upload, alone and cut in two pieces: nothing crashes or hangs, and what is taken is what a door could
// read again.
#include "certstore/bundle.hpp"

#include "certstore/pem.hpp"

#include <openssl/err.h>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

void take(std::span<const certstore::Piece> pieces) {
    const base::Secret passphrase(std::string_view("x"));
    const auto bundle = certstore::read_bundle(pieces, passphrase);
    require(ERR_peek_error() == 0);
    if (!bundle) {
        require(bundle.error().kind == base::ErrorKind::input && !bundle.error().code.empty());
        return;
    }
    require(certstore::parse_certificates(bundle->certificates_pem, "certificates").has_value());
    require(bundle->key_pem.has_value() == !bundle->key_sha256.empty());
    if (!bundle->key_pem) return;
    const std::array<const base::Secret*, 1> passphrases{&passphrase};
    const auto key = certstore::parse_key(bundle->key_pem->reveal(), passphrases, "key");
    require(key.has_value() && certstore::sha256_hex(key->key.get()) == bundle->key_sha256);
    require((key->opened_by == 0) == bundle->passphrase.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    take(std::array{certstore::Piece{"upload", bytes}});
    take(std::array{certstore::Piece{"first", bytes.substr(0, size / 2)},
                    certstore::Piece{"second", bytes.substr(size / 2)}});
    return 0;
}
