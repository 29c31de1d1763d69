#include "server/check.hpp"

#include "base/files.hpp"
#include "certstore/certificate.hpp"
#include "config/load.hpp"
#include "config/one_time_file.hpp"
#include "config/vault.hpp"
#include "server/credentials/examine.hpp"
#include "server/http/folder.hpp"
#include "server/system/process.hpp"

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace gatehouse::server {

namespace {

// Passphrases that the daemon would have, from places that are only read.
struct Known {
    std::optional<config::Vault> vault;
    std::optional<config::OneTimeFile> one_time_file;

    [[nodiscard]] credentials::Candidates candidates(config::Interface interface, std::string_view certificate) const {
        credentials::Candidates found;
        for (const std::string& spki : certstore::public_key_digests(certificate)) {
            if (const base::Secret* sealed = vault ? vault->find(spki) : nullptr) found.passphrases.push_back(sealed);
        }
        if (one_time_file && one_time_file->keypass[interface])
            found.passphrases.push_back(&*one_time_file->keypass[interface]);
        return found;
    }
};

Known known_passphrases(base::FileSystem& files, const config::Settings& settings, std::ostream& out) {
    Known known;
    auto vault = config::Vault::open(files, settings.state_directory, system::credentials_of_service(),
                                     config::Vault::Access::read_only);
    if (vault) {
        known.vault = std::move(*vault);
    } else {
        out << "warn " << vault.error().code << ": " << vault.error().text() << '\n';
    }
    const std::string any_key(32, 'k');
    auto file = config::read_one_time_file(files, settings.one_time_file, any_key);
    if (file) {
        known.one_time_file = std::move(*file);
    } else {
        out << "warn " << file.error().code << ": " << file.error().text() << '\n';
    }
    return known;
}

void print(std::ostream& out, config::Interface interface, const certstore::Finding& finding) {
    out << config::name(interface) << ": " << certstore::name(finding.severity) << ' ' << finding.code << ": "
        << finding.message;
    if (!finding.advice.empty()) out << ' ' << finding.advice;
    out << '\n';
}

// True: the door would serve the operator's pair, or make its own where there is none.
bool check_door(base::FileSystem& files, const config::Settings& settings, config::Interface interface,
                const Known& known, std::ostream& out) {
    const certstore::PairPaths paths{settings.interfaces[interface].certificate, settings.interfaces[interface].key};
    if (credentials::nothing_placed(files, paths)) {
        out << config::name(interface) << ": no certificate at " << paths.certificate.string()
            << " yet; at start the last good one is served, or where there is none a new self-signed one.\n";
        return true;
    }
    const credentials::Examined examined =
        credentials::examine(files, paths, credentials::terms_of(settings, interface), {},
                             [&](std::string_view certificate) { return known.candidates(interface, certificate); });
    for (const certstore::Finding& finding : examined.findings)
        print(out, interface, finding);
    if (!examined.good()) return !certstore::refuses(examined.findings);
    const certstore::CertificateFacts& leaf = examined.credential->facts().front();
    out << config::name(interface) << ": " << leaf.subject << ", SHA-256 " << leaf.fingerprint_sha256 << '\n';
    return true;
}

// A folder that is missing refuses nothing: the door serves none then.
void check_folder(const config::Settings& settings, config::Interface interface, std::ostream& out) {
    const auto& files = settings.interfaces[interface].files;
    if (files.empty()) return;
    if (const auto folder = http::Folder::open(files); !folder) {
        out << config::name(interface) << ": warn files: " << folder.error().text() << '\n';
    }
}

// One that is missing refuses nothing: samples wait until it is there. Not connected to, which may start something.
void check_engine(base::FileSystem& files, const config::Settings& settings, std::ostream& out) {
    const auto& socket = settings.analysis.socket;
    if (socket.empty()) {
        out << "analysis: note socket: None is configured (analysis.socket): samples are kept, and wait.\n";
        return;
    }
    const auto facts = files.facts(socket);
    const bool usable = facts && ::access(socket.c_str(), W_OK) == 0;
    if (!facts) {
        out << "analysis: warn socket: " << facts.error().text();
    } else if (facts->regular || std::filesystem::is_directory(socket)) {
        out << "analysis: warn socket: " << socket.string() << " is no socket.";
    } else if (!usable) {
        out << "analysis: warn socket: " << socket.string() << " may not be used by this user.";
    } else {
        return;
    }
    out << " Samples wait until the analysis engine can be reached there.\n";
}

}  // namespace

bool check(const std::filesystem::path& configuration, std::ostream& out) {
    base::SystemFiles files;
    const auto [settings, errors] = config::read_file(files, configuration);
    for (const base::Error& error : errors)
        out << "configuration: " << error.text() << '\n';
    if (!settings) return false;
    bool fine = errors.empty();
    out << "configuration: " << configuration.string()
        << (fine ? " is fine.\n" : " is refused. The pairs are judged with the defaults for what is wrong with it.\n");
    const Known known = known_passphrases(files, *settings, out);
    for (const auto interface : config::interfaces) {
        check_folder(*settings, interface, out);
        fine = check_door(files, *settings, interface, known, out) && fine;
    }
    check_engine(files, *settings, out);
    return fine;
}

}  // namespace gatehouse::server
