#include "certstore/credential.hpp"

#include "certstore/pem.hpp"

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;

// Two reads that agree make one; a pair that is being written settles within a few, or the next trigger comes.
constexpr int most_reads = 5;

base::Result<base::FileContents> read_certificate(const base::FileSystem& files, const std::filesystem::path& path) {
    auto contents = files.read(path, max_pem_bytes);
    if (contents) return contents;
    const base::Error& error = contents.error();
    return base::fail(ErrorKind::input, "unparsable", "The certificate can't be read: " + error.message, error.advice);
}

base::Result<base::FileContents> read_key(const base::FileSystem& files, const std::filesystem::path& path) {
    auto contents = files.read(path, max_pem_bytes);
    if (contents) return contents;
    const base::Error& error = contents.error();
    const bool wrong_file = error.kind == ErrorKind::input;
    return base::fail(wrong_file ? ErrorKind::input : ErrorKind::unavailable,
                      wrong_file ? "unparsable" : "key_unreadable", "The key can't be read: " + error.message,
                      error.advice);
}

// Where a pair was sent there are no files whose names help.
base::Error mismatch(base::Error error, const PairNames& names, Spoken spoken) {
    if (spoken == Spoken::of_what_was_sent) {
        error.advice = "Send the key and the certificate of the same pair.";
    } else {
        error.message += " (" + names.key + ", " + names.certificate + ")";
    }
    return error;
}

base::Result<PairFiles> read_once(const base::FileSystem& files, const PairPaths& paths) {
    auto certificate = read_certificate(files, paths.certificate);
    if (!certificate) return base::fail(certificate.error());
    auto key = read_key(files, paths.key);
    if (!key) return base::fail(key.error());
    return PairFiles{paths, std::move(*certificate), std::move(*key)};
}

}  // namespace

PairNames names_of(const PairPaths& paths, Spoken spoken) {
    if (spoken == Spoken::of_what_was_sent) return {"what was sent", "that was sent"};
    return {paths.certificate.string(), paths.key.string()};
}

bool PairFiles::same_bytes(const PairFiles& other) const {
    return certificate.bytes.equals(other.certificate.bytes.reveal()) && key.bytes.equals(other.key.bytes.reveal());
}

base::Result<PairFiles> read_pair(const base::FileSystem& files, const PairPaths& paths) {
    auto earlier = read_once(files, paths);
    for (int i = 1; i < most_reads; ++i) {
        auto later = read_once(files, paths);
        const bool agree =
            earlier && later ? later->same_bytes(*earlier) : !earlier && !later && earlier.error() == later.error();
        if (agree) return later;
        earlier = std::move(later);
    }
    if (!earlier) return earlier;
    return base::fail(
        ErrorKind::input, "unparsable",
        paths.certificate.string() + " and " + paths.key.string() + " kept changing while they were read.",
        "They are read again when they change next.");
}

Credential::Credential(PairFiles files, KeyPtr key, int opened_by, Chain chain)
    : files_(std::move(files)), key_(std::move(key)), opened_by_(opened_by), chain_(std::move(chain)) {
    for (const CertificatePtr& certificate : chain_.certificates)
        facts_.push_back(describe(certificate.get()));
}

base::Result<std::shared_ptr<const Credential>> Credential::load(PairFiles files,
                                                                 std::span<const base::Secret* const> passphrases,
                                                                 Spoken spoken) {
    const PairNames names = names_of(files.paths, spoken);
    auto certificates = parse_certificates(files.certificate.bytes.reveal(), names.certificate);
    if (!certificates) return base::fail(certificates.error());
    auto parsed = parse_key(files.key.bytes.reveal(), passphrases, names.key);
    if (!parsed) return base::fail(parsed.error());
    auto chain = order_chain(std::move(*certificates), parsed->key.get());
    if (!chain) return base::fail(mismatch(chain.error(), names, spoken));
    // The constructor is private, which make_shared cannot reach.
    return std::shared_ptr<const Credential>(
        new Credential(std::move(files), std::move(parsed->key), parsed->opened_by, std::move(*chain)));
}

}  // namespace gatehouse::certstore
