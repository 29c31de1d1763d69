#include "server/check.hpp"

#include "base/files.hpp"
#include "certstore/context.hpp"
#include "certstore/findings.hpp"
#include "certstore/slot.hpp"
#include "config/hostname.hpp"
#include "config/load.hpp"
#include "config/one_time_file.hpp"
#include "config/vault.hpp"
#include "server/http/folder.hpp"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <ostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace gatehouse::server {

namespace {

// Passphrases that the daemon would have, from places that are only read.
struct Known {
    std::optional<config::Vault> vault;
    std::optional<config::OneTimeFile> one_time_file;

    [[nodiscard]] std::vector<const base::Secret*> passphrases(config::Interface interface,
                                                               std::string_view certificate) const {
        std::vector<const base::Secret*> found;
        for (const std::string& spki : certstore::public_key_digests(certificate)) {
            if (const base::Secret* sealed = vault ? vault->find(spki) : nullptr) found.push_back(sealed);
        }
        if (one_time_file && one_time_file->keypass[interface]) found.push_back(&*one_time_file->keypass[interface]);
        return found;
    }
};

Known known_passphrases(base::FileSystem& files, const config::Settings& settings, std::ostream& out) {
    Known known;
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    auto vault = config::Vault::open(files, settings.state_directory, credentials == nullptr ? "" : credentials,
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

// The same context and handshake as at a start.
base::Result<void> prove(const config::Settings& settings, config::Interface interface,
                         const certstore::CredentialPtr& credential) {
    auto key = certstore::TicketKey::generate();
    if (!key) return base::fail(key.error());
    const config::TlsPolicy policy = settings.interfaces[interface].policy;
    const auto context = certstore::build_context({interface, policy, credential, {std::move(*key), nullptr}});
    if (!context) return base::fail(context.error());
    return certstore::prove_context(**context, *credential, policy);
}

// True: the door would serve the operator's pair, or make its own where there is none.
bool check_door(base::FileSystem& files, const config::Settings& settings, config::Interface interface,
                const Known& known, std::ostream& out) {
    const certstore::PairPaths paths{settings.interfaces[interface].certificate, settings.interfaces[interface].key};
    const auto absent = [&](const std::filesystem::path& path) {
        const auto facts = files.link_facts(path);
        return !facts && facts.error().kind == base::ErrorKind::not_found;
    };
    if (absent(paths.certificate) && absent(paths.key)) {
        out << config::name(interface) << ": no certificate at " << paths.certificate.string()
            << " yet; a self-signed one is made at start.\n";
        return true;
    }
    auto pair = certstore::read_pair(files, paths);
    if (!pair) {
        const certstore::Finding why = certstore::refusal(pair.error());
        print(out, interface, why);
        return why.severity != certstore::Severity::refuse;
    }
    const auto passphrases = known.passphrases(interface, pair->certificate.bytes.reveal());
    const auto credential = certstore::Credential::load(std::move(*pair), passphrases);
    if (!credential) {
        print(out, interface, certstore::refusal(credential.error()));
        return false;
    }
    const auto findings =
        certstore::judge(**credential, {.hostname = config::effective_hostname(settings.interfaces[interface].hostname),
                                        .now = std::time(nullptr),
                                        .service_uid = geteuid()});
    for (const certstore::Finding& finding : findings)
        print(out, interface, finding);
    if (certstore::refuses(findings)) return false;
    if (const auto proved = prove(settings, interface, *credential); !proved) {
        print(out, interface, certstore::refusal(proved.error()));
        return false;
    }
    out << config::name(interface) << ": " << certstore::describe((*credential)->leaf()).subject << ", SHA-256 "
        << (*credential)->fingerprint() << '\n';
    return true;
}

// A folder that is missing refuses nothing: the facts page stands in for it.
void check_folder(const config::Settings& settings, config::Interface interface, std::ostream& out) {
    const auto& files = settings.interfaces[interface].files;
    if (files.empty()) return;
    if (const auto folder = http::Folder::open(files); !folder) {
        out << config::name(interface) << ": warn files: " << folder.error().text() << '\n';
    }
}

}  // namespace

CheckResult check(const std::filesystem::path& configuration, std::ostream& out) {
    base::SystemFiles files;
    const auto settings = config::load(files, configuration);
    if (!settings) {
        for (const base::Error& error : settings.error())
            out << "configuration: " << error.text() << '\n';
        return CheckResult::configuration_invalid;
    }
    out << "configuration: " << configuration.string() << " is fine.\n";
    const Known known = known_passphrases(files, *settings, out);
    bool fine = true;
    for (const auto interface : config::interfaces) {
        check_folder(*settings, interface, out);
        fine = check_door(files, *settings, interface, known, out) && fine;
    }
    return fine ? CheckResult::fine : CheckResult::refused;
}

}  // namespace gatehouse::server
