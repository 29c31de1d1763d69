#include "gatehousectl/commands/upload.hpp"

#include "base/text.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/change.hpp"
#include "gatehousectl/input.hpp"
#include "gatehousectl/multipart.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

// What was read from the files, once: a pipe gives it only once.
struct Files {
    std::vector<base::Secret> certificates;
    base::Secret key;
    base::Secret pkcs12;
    base::Secret passphrase;
};

Outcome<void> read_into(base::Secret& to, const std::filesystem::path& path) {
    if (path.empty()) return {};
    auto bytes = read_input(path, largest_upload);
    if (!bytes) return tl::unexpected(bytes.error());
    to = std::move(*bytes);
    return {};
}

Outcome<Files> read(const Console& console, const UploadOptions& options) {
    Files files;
    for (const auto& path : options.certificates) {
        base::Secret bytes;
        if (const auto read = read_into(bytes, path); !read) return tl::unexpected(read.error());
        files.certificates.push_back(std::move(bytes));
    }
    if (const auto read = read_into(files.key, options.key); !read) return tl::unexpected(read.error());
    if (const auto read = read_into(files.pkcs12, options.pkcs12); !read) return tl::unexpected(read.error());
    if (!options.passphrase_file.empty()) {
        auto passphrase = obtain(console.terminal(), {"passphrase", "", options.passphrase_file});
        if (!passphrase) return tl::unexpected(passphrase.error());
        files.passphrase = std::move(*passphrase);
    }
    return files;
}

Request request_of(const UploadOptions& options, const Files& files, const std::vector<std::string>& confirm) {
    Multipart parts;
    for (std::size_t i = 0; i < files.certificates.size(); ++i)
        parts.add_file("certificate", options.certificates[i], files.certificates[i].clone());
    if (!options.key.empty()) parts.add_file("key", options.key, files.key.clone());
    if (!options.pkcs12.empty()) parts.add_file("pkcs12", options.pkcs12, files.pkcs12.clone());
    if (!files.passphrase.empty()) parts.add("passphrase", files.passphrase.clone());
    Multipart::Encoded encoded = parts.encode();
    Request request;
    request.method = "PUT";
    request.target = target({"interfaces", options.interface, "certificate"},
                            {{"dry_run", options.dry_run ? "true" : ""}, {"confirm", base::joined(confirm, ",")}});
    request.content_type = std::move(encoded.content_type);
    request.body = std::move(encoded.body);
    return request;
}

// Of a key, or of a PKCS#12 file.
bool means_locked(const std::string& code) {
    return code == "key_locked" || code == "passphrase_missing" || code == "passphrase_wrong";
}

bool names_locked_key(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return means_locked(finding.code); });
}

// Told by a refusal, or, where it is a dry run, by its findings.
bool is_locked(const Outcome<Answer>& answer) {
    if (!answer) return means_locked(answer.error().error.code) || names_locked_key(answer.error().findings);
    return names_locked_key(findings_in(**answer, "findings"));
}

Outcome<void> ask_passphrase(const Console& console, const UploadOptions& options, Files& files, bool again) {
    if (again) console.err() << "This passphrase does not open it." << std::endl;
    auto passphrase = obtain(console.terminal(), {"passphrase", "Passphrase of the key", options.passphrase_file});
    if (!passphrase) return tl::unexpected(passphrase.error());
    files.passphrase = std::move(*passphrase);
    return {};
}

}  // namespace

Outcome<Exit> upload(const Console& console, const UploadOptions& options) {
    if (options.certificates.empty() && options.pkcs12.empty()) {
        return misused("There is nothing to upload.", "Name a file with the certificate, or --pkcs12 FILE.");
    }
    if (!options.pkcs12.empty() && (!options.certificates.empty() || !options.key.empty())) {
        return misused("A PKCS#12 file holds certificate and key: with --pkcs12 there can be no other file.");
    }
    auto files = read(console, options);
    if (!files) return tl::unexpected(files.error());
    const ChangeRequest request = [&](const std::vector<std::string>& confirm) -> Outcome<Request> {
        return request_of(options, *files, confirm);
    };
    auto answer = change(console, request, options.confirm);
    const int most_tries = !options.passphrase_file.empty() ? 0 : console.terminal().can_ask() ? 3 : 1;
    for (int tries = 0; is_locked(answer) && tries < most_tries; ++tries) {
        const auto asked = ask_passphrase(console, options, *files, tries > 0);
        if (!asked) {
            if (asked.error().error.code != "secret_missing" || answer) return tl::unexpected(asked.error());
            // A script that gave none is told what the daemon said, which is more than that none was given.
            Failure locked = answer.error();
            locked.error.advice = "Name a file that holds the passphrase: --passphrase-file FILE.";
            return tl::unexpected(std::move(locked));
        }
        answer = change(console, request, options.confirm);
    }
    if (!answer) return tl::unexpected(answer.error());
    return show_change(console, options.interface, *answer);
}

}  // namespace gatehouse::gatehousectl::commands
