#include "certstore/trust.hpp"

#include "base/advice.hpp"
#include "certstore/anchors.hpp"
#include "certstore/armor.hpp"
#include "certstore/pem.hpp"
#include "certstore/verify.hpp"
#include "config/json_text.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr mode_t file_mode = 0600;
constexpr mode_t folder_mode = 0700;
constexpr std::size_t largest_settings = 4096;
constexpr std::size_t fingerprint_size = 64;
constexpr std::string_view settings_name = "settings.json";
constexpr std::string_view roots_member = "system_roots";
constexpr std::string_view ending = ".pem";

tl::unexpected<base::Error> trust_failed() {
    return base::fail(ErrorKind::crypto, "trust_failed",
                      "The store of believed certificates could not be built: " + drain_openssl_errors() + ".");
}

bool is_fingerprint(std::string_view text) {
    return text.size() == fingerprint_size && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

// Whether a name in the folder is one of an anchor's file.
bool is_anchor_name(std::string_view name) {
    return name.ends_with(ending) && is_fingerprint(name.substr(0, name.size() - ending.size()));
}

Anchor anchor_of(X509* certificate) {
    Anchor anchor{describe(certificate), X509_check_ca(certificate) != 0};
    ERR_clear_error();
    return anchor;
}

base::Error not_used(const fs::path& path, const std::string& why) {
    return {ErrorKind::input, "authority_damaged", path.string() + " is not believed: " + why,
            "Remove it (rm " + base::shell_quoted(path) + ") and add the certificate again."};
}

}  // namespace

// ---------------------------------------------------------------- the snapshot

Result<TrustStorePtr> TrustStore::build(const std::vector<CertificatePtr>& anchors, bool system_roots,
                                        std::vector<base::Error> faults) {
    // The constructor is private, which make_shared cannot reach.
    const std::shared_ptr<TrustStore> made(new TrustStore());
    made->store_.reset(X509_STORE_new());
    X509_STORE* store = made->store_.get();
    // Partial chains: a certificate that was added is believed as it is, though it be no authority or no root.
    if (store == nullptr || X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1 ||
        X509_STORE_set_purpose(store, X509_PURPOSE_SSL_SERVER) != 1) {
        return trust_failed();
    }
    for (const CertificatePtr& anchor : anchors) {
        if (X509_STORE_add_cert(store, anchor.get()) != 1) return trust_failed();
        made->anchors_.push_back(anchor_of(anchor.get()));
    }
    if (system_roots && !look_up_known_anchors(store)) return trust_failed();
    made->system_roots_ = system_roots;
    made->faults_ = std::move(faults);
    return made;
}

bool TrustStore::believes(std::span<const CertificatePtr> chain, std::int64_t now) const {
    return verify_server(store_.get(), chain, "", now).has_value();
}

// ---------------------------------------------------------------- the folder

Authorities::Authorities(base::FileSystem& files, const fs::path& state_directory)
    : files_(&files), folder_(state_directory / "authorities") {}

fs::path Authorities::path_of(std::string_view fingerprint) const {
    return folder_ / (std::string(fingerprint) + std::string(ending));
}

Result<void> Authorities::load() {
    std::vector<CertificatePtr> anchors;
    std::vector<base::Error> faults;
    const auto names = files_->list(folder_);
    if (!names && names.error().code != "file_missing") faults.push_back(names.error());
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
        // What begins with a dot is left of a write that was cut short.
        if (name.starts_with('.') || name == settings_name) continue;
        if (!is_anchor_name(name)) {
            faults.push_back(not_used(folder_ / name, "it is not named by the fingerprint of its certificate."));
            continue;
        }
        if (anchors.size() == most_anchors) {
            faults.push_back(not_used(folder_ / name, "there are more than " + std::to_string(most_anchors) + "."));
            continue;
        }
        auto anchor = read_anchor(name);
        if (!anchor) {
            faults.push_back(anchor.error());
            continue;
        }
        anchors.push_back(std::move(*anchor));
    }
    const bool system_roots = read_settings(faults);
    auto built = TrustStore::build(anchors, system_roots, std::move(faults));
    if (!built) return base::fail(built.error());
    current_ = std::move(*built);
    return {};
}

Result<CertificatePtr> Authorities::read_anchor(const std::string& name) const {
    const fs::path path = folder_ / name;
    const auto contents = files_->read(path, max_pem_bytes, base::Links::refuse);
    if (!contents) return base::fail(contents.error());
    auto certificates = parse_certificates(contents->bytes.reveal(), path.string());
    ERR_clear_error();
    if (!certificates) return base::fail(not_used(path, certificates.error().message));
    if (certificates->size() != 1) return base::fail(not_used(path, "it holds more than one certificate."));
    if (sha256_hex(certificates->front().get()) != name.substr(0, fingerprint_size)) {
        return base::fail(not_used(path, "its certificate has another fingerprint than its name says."));
    }
    return std::move(certificates->front());
}

bool Authorities::read_settings(std::vector<base::Error>& faults) const {
    const fs::path path = folder_ / settings_name;
    const auto contents = files_->read(path, largest_settings, base::Links::refuse);
    if (!contents && contents.error().code == "file_missing") return true;
    if (!contents) {
        faults.push_back(contents.error());
        return false;
    }
    const auto json = config::parse_json(contents->bytes.reveal());
    const bool good = json && json->is_object() && json->size() == 1 && json->contains(roots_member) &&
                      json->at(std::string(roots_member)).is_boolean();
    if (good) return json->at(std::string(roots_member)).get<bool>();
    faults.push_back({ErrorKind::input, "authority_damaged",
                      path.string() + " can't be understood, so the system's authorities are not believed.",
                      "Choose again whether they are."});
    return false;
}

Result<void> Authorities::make_folder() {
    if (auto made = files_->make_folder(folder_, folder_mode); !made) return made;
    return files_->sync_folder(folder_.parent_path());
}

// ---------------------------------------------------------------- changes

Result<Authorities::Added> Authorities::add(std::string_view pem) {
    const std::string text_name = "The text";
    if (pem.size() > max_pem_bytes) {
        return base::fail(ErrorKind::input, "unparsable", text_name + " is larger than 1 MiB.");
    }
    const std::vector<ArmorBlock> blocks = find_blocks(pem);
    if (blocks.empty()) {
        const Foreign foreign = recognise(pem, text_name, false);
        return base::fail(
            ErrorKind::input, "unparsable", text_name + " " + foreign.what,
            "Give certificates in PEM, with their -----BEGIN CERTIFICATE----- and -----END CERTIFICATE----- lines.");
    }
    if (auto made = make_folder(); !made) return base::fail(made.error());
    const auto names = files_->list(folder_);
    if (!names) return base::fail(names.error());
    auto present = static_cast<std::size_t>(std::count_if(names->begin(), names->end(), is_anchor_name));
    Added outcome;
    std::size_t position = 0;
    for (const ArmorBlock& block : blocks) {
        ++position;
        if (!is_certificate(block)) {
            outcome.refused.push_back(
                {position,
                 {ErrorKind::input, "not_a_certificate",
                  "Block " + std::to_string(position) + " is a " + std::string(block.label) + ", no certificate.",
                  is_private_key(block) ? "A private key belongs nowhere else than on its own machine." : ""}});
            continue;
        }
        const auto certificate = parse_certificate(block, position, "the text");
        ERR_clear_error();
        auto added = certificate ? add_one(certificate->get(), present) : base::fail(certificate.error());
        if (!added) {
            outcome.refused.push_back({position, added.error()});
            continue;
        }
        ++present;
        outcome.added.push_back(std::move(*added));
    }
    if (auto loaded = load(); !loaded) return base::fail(loaded.error());
    return outcome;
}

Result<Anchor> Authorities::add_one(X509* certificate, std::size_t present) {
    Anchor anchor = anchor_of(certificate);
    const fs::path path = path_of(anchor.facts.fingerprint_sha256);
    // A broken file of that name is replaced by the certificate it should have held.
    if (read_anchor(path.filename().string())) {
        return base::fail(ErrorKind::conflict, "authority_known",
                          "The certificate " + anchor.facts.subject + " is believed already.");
    }
    if (present >= most_anchors) {
        return base::fail(ErrorKind::conflict, "authorities_full",
                          "There are " + std::to_string(present) + " certificates already, and no more are taken.",
                          "Remove those that are not needed.");
    }
    const auto pem = to_pem(certificate);
    if (!pem) return base::fail(pem.error());
    if (auto written = base::write_atomically(*files_, path, *pem, file_mode); !written) {
        return base::fail(written.error());
    }
    return anchor;
}

Result<void> Authorities::remove(std::string_view fingerprint_sha256) {
    const auto unknown = [] {
        return base::fail(ErrorKind::not_found, "authority_unknown", "No certificate with this fingerprint was added.");
    };
    if (!is_fingerprint(fingerprint_sha256)) return unknown();
    const fs::path path = path_of(fingerprint_sha256);
    if (!files_->link_facts(path)) return unknown();
    if (auto removed = files_->remove(path); !removed) return removed;
    if (auto synced = files_->sync_folder(folder_); !synced) return synced;
    return load();
}

Result<void> Authorities::include_system_roots(bool included) {
    if (auto made = make_folder(); !made) return made;
    const std::string text = "{\"" + std::string(roots_member) + "\": " + (included ? "true" : "false") + "}\n";
    if (auto written = base::write_atomically(*files_, folder_ / settings_name, text, file_mode); !written) {
        return written;
    }
    return load();
}

}  // namespace gatehouse::certstore
