// Any bytes as the pair of a door: key first, chain behind it. What loads is in order, judged without a crash, and
// served only where nothing refuses it.
#include "certstore/chain.hpp"

#include "certstore/context.hpp"
#include "certstore/findings.hpp"
#include "certstore/pem.hpp"

#include <openssl/err.h>

#include <cstdint>
#include <cstdlib>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_order(const certstore::Credential& credential) {
    const auto chain = credential.chain();
    require(!chain.empty());
    require(EVP_PKEY_eq(X509_get0_pubkey(chain.front().get()), credential.key()) == 1);
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        require(X509_verify(chain[i].get(), X509_get0_pubkey(chain[i + 1].get())) == 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    certstore::PairFiles files;
    files.paths = {"cert.pem", "cert.key"};
    files.certificate.bytes = base::Secret(text);
    files.key.bytes = base::Secret(text);
    const auto credential = certstore::Credential::load(std::move(files), {});
    require(ERR_peek_error() == 0);
    if (!credential) {
        require(!credential.error().code.empty() && !credential.error().message.empty());
        return 0;
    }
    check_order(**credential);
    constexpr std::int64_t now = 1767225600;
    const auto findings = certstore::judge(**credential, {"box.example", now, 30, std::nullopt, 0});
    require(ERR_peek_error() == 0);
    const auto key = certstore::TicketKey::generate();
    require(key.has_value());
    const auto context = certstore::build_context(
        {config::Interface::clean, config::TlsPolicy::intermediate, *credential, {*key, nullptr}});
    // The findings know everything that OpenSSL refuses to load.
    require(context.has_value() || certstore::refuses(findings));
    require(ERR_peek_error() == 0);
    return 0;
}
