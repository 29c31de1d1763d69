#include "certstore/stored.hpp"

#include "certstore/pem.hpp"

#include <utility>

namespace gatehouse::certstore {

std::optional<CertificateFacts> stored_facts(const base::FileSystem& files, const PairPaths& paths) {
    const auto text = files.read(paths.certificate, max_pem_bytes);
    if (!text) return std::nullopt;
    const auto certificates = parse_certificates(text->bytes.reveal(), paths.certificate.string());
    if (!certificates || certificates->empty()) return std::nullopt;
    return describe(certificates->front().get());
}

std::optional<std::set<std::string>> stored_public_keys(const base::FileSystem& files,
                                                        std::span<const PairPaths> places) {
    std::set<std::string> keys;
    for (const PairPaths& paths : places) {
        const auto certificate = files.read(paths.certificate, max_pem_bytes);
        if (!certificate && certificate.error().kind != base::ErrorKind::not_found) return std::nullopt;
        if (!certificate) continue;
        for (auto& key : public_key_digests(certificate->bytes.reveal()))
            keys.insert(std::move(key));
    }
    return keys;
}

}  // namespace gatehouse::certstore
