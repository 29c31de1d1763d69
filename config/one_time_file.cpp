#include "config/one_time_file.hpp"

#include "base/advice.hpp"
#include "config/hex.hpp"
#include "config/json_text.hpp"
#include "config/nearest_name.hpp"

#include <sodium.h>

#include <array>
#include <unistd.h>
#include <utility>

namespace gatehouse::config {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr std::size_t largest_one_time_file = 64UL * 1024;
constexpr std::size_t longest_passphrase = 1024;  // OpenSSL's own bound for a PEM passphrase

tl::unexpected<Error> unreadable(std::string message, std::string advice) {
    return base::fail(ErrorKind::io, "otc_unreadable", std::move(message), std::move(advice));
}

tl::unexpected<Error> invalid(const fs::path& file, const std::string& path, const std::string& saying,
                              std::string advice = {}) {
    return base::fail(ErrorKind::input, "otc_invalid", file.string() + ": " + path + " " + saying, std::move(advice));
}

std::string_view view(const SecretString& text) {
    return {text.data(), text.size()};
}

tl::unexpected<Error> unknown(const fs::path& file, std::string_view parent, std::string_view member,
                              const std::vector<std::string_view>& known) {
    const std::string nearest = nearest_name(member, known);
    std::string advice;
    for (const std::string_view name : known)
        advice += (advice.empty() ? "Known are: " : ", ") + std::string(name);
    advice += ".";
    if (!nearest.empty()) advice = "Did you mean \"" + nearest + "\"?";
    return invalid(file, member_path(parent, member), "is not known here.", advice);
}

// The file failed to open: told as what the operator can mend about the one-time file.
tl::unexpected<Error> not_opened(const Error& error, const base::FileSystem& files, const fs::path& path) {
    if (error.code == "file_too_large") return unreadable(error.message, "A one-time file has at most 64 KiB.");
    const auto link = files.link_facts(path);
    if (link && link->symlink) {
        const std::string name = base::shell_quoted(path);
        return unreadable(path.string() + " is a symbolic link, which is not followed.",
                          "Run: mv \"$(readlink -f " + name + ")\" " + name);
    }
    return unreadable(error.message, error.advice);
}

// Only root and the service's own user may have had a hand in the file.
Result<void> judge(const base::FileFacts& facts, const fs::path& path) {
    const std::string name = base::shell_quoted(path);
    if (facts.links > 1) {
        return unreadable(
            path.string() + " has " + std::to_string(facts.links) + " names (hard links).",
            "Run: cp " + name + " " + name + ".new && mv " + name + ".new " + name + " and remove its other names.");
    }
    if (facts.owner != 0 && facts.owner != ::geteuid()) {
        return unreadable(path.string() + " belongs to " + base::user_name(facts.owner) + ", not to root or " +
                              base::user_name(::geteuid()) + ".",
                          "Check what it says, then run: chown " + base::user_name(::geteuid()) + " " + name);
    }
    constexpr mode_t writable_by_others = 0022;
    if ((facts.mode & writable_by_others) != 0) {
        return unreadable(
            path.string() + " can be written by others than its owner (mode " + base::mode_text(facts.mode) + ").",
            "Check what it says, then run: chmod go-rwx " + name);
    }
    return {};
}

Result<base::Secret> read_passphrase(const SecretJson& value, const fs::path& file, const std::string& path) {
    if (!value.is_string()) return invalid(file, path, "must be a text in double quotes.");
    const std::string_view passphrase = view(value.get_ref<const SecretString&>());
    if (passphrase.empty()) return invalid(file, path, "is empty.");
    if (passphrase.size() > longest_passphrase) return invalid(file, path, "is longer than 1024 bytes.");
    if (passphrase.find('\0') != std::string_view::npos) return invalid(file, path, "holds a NUL character.");
    return base::Secret(passphrase);
}

Result<void> read_keypass(const SecretJson& value, const fs::path& file, OneTimeFile& out) {
    const std::string path = "keypass";
    if (value.is_string()) {
        auto passphrase = read_passphrase(value, file, path);
        if (!passphrase) return base::fail(passphrase.error());
        out.keypass.admin = passphrase->clone();
        out.keypass.clean = std::move(*passphrase);
        out.shared_keypass = true;
        return {};
    }
    if (!value.is_object()) {
        return invalid(file, path, "must be a text, or an object with a text for \"clean\", \"admin\" or both.");
    }
    if (value.empty()) return invalid(file, path, "names no door.", "Name \"clean\", \"admin\" or both.");
    for (const auto& [key, member] : value.get_ref<const SecretJson::object_t&>()) {
        if (view(key) != name(Interface::clean) && view(key) != name(Interface::admin)) {
            return unknown(file, path, view(key), {name(Interface::clean), name(Interface::admin)});
        }
        const Interface door = view(key) == name(Interface::clean) ? Interface::clean : Interface::admin;
        auto passphrase = read_passphrase(member, file, member_path(path, view(key)));
        if (!passphrase) return base::fail(passphrase.error());
        out.keypass[door] = std::move(*passphrase);
    }
    return {};
}

Result<void> read_user(const SecretJson& value, const fs::path& file, const std::string& path, OneTimeUser& user,
                       std::string& unsupported) {
    if (!value.is_object()) return invalid(file, path, "must be an object { ... }.");
    for (const auto& [key, member] : value.get_ref<const SecretJson::object_t&>()) {
        const std::string member_at = member_path(path, view(key));
        if (view(key) == "password") {
            auto password = read_passphrase(member, file, member_at);
            if (!password) return base::fail(password.error());
            user.password = std::move(*password);
            continue;
        }
        if (!member.is_string()) return invalid(file, member_at, "must be a text in double quotes.");
        const std::string text(view(member.get_ref<const SecretString&>()));
        if (view(key) == "username") {
            user.username = text;
        } else if (view(key) == "email") {
            user.email = text;
        } else if (view(key) == "name") {
            user.name = text;
        } else if (view(key) == "role") {
            user.role = text;
        } else if (view(key) == "interface") {
            if (text == name(Interface::clean)) unsupported = member_at + " \"clean\"";
            if (text != name(Interface::clean) && text != name(Interface::admin))
                return invalid(file, member_at, "must be \"admin\" or \"clean\".");
        } else {
            return unknown(file, path, view(key), {"username", "password", "email", "name", "role", "interface"});
        }
    }
    if (user.username.empty()) return invalid(file, path, "has no \"username\".");
    if (user.password.empty()) return invalid(file, path, "has no \"password\".");
    return {};
}

Result<void> read_users(const SecretJson& value, const fs::path& file, OneTimeFile& out, std::string& unsupported) {
    constexpr std::size_t most = 100;
    if (!value.is_array() || value.empty())
        return invalid(file, "users", "must be a list [ ... ] of at least one user.");
    if (value.size() > most) return invalid(file, "users", "has more than 100 elements.");
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string path = "users[" + std::to_string(i) + "]";
        OneTimeUser user;
        if (auto read = read_user(value[i], file, path, user, unsupported); !read) return read;
        out.users.push_back(std::move(user));
    }
    return {};
}

Result<std::string> digest_of(const base::FileContents& contents, std::string_view key) {
    std::array<unsigned char, crypto_generichash_BYTES> digest{};
    crypto_generichash_state state;
    const auto add = [&state](const void* bytes, std::size_t size) {
        return ::crypto_generichash_update(&state, static_cast<const unsigned char*>(bytes), size) == 0;
    };
    const base::FileIdentity& identity = contents.facts.identity;
    if (key.size() < crypto_generichash_KEYBYTES_MIN || ::sodium_init() < 0 ||
        ::crypto_generichash_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                                  digest.size()) != 0 ||
        !add(&identity.inode, sizeof identity.inode) || !add(&identity.modified_ns, sizeof identity.modified_ns) ||
        !add(contents.bytes.reveal().data(), contents.bytes.size()) ||
        ::crypto_generichash_final(&state, digest.data(), digest.size()) != 0) {
        return base::fail(ErrorKind::internal, "digest_failed", "The one-time file's digest can't be computed.");
    }
    return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

Result<std::optional<OneTimeFile>> read_one_time_file(const base::FileSystem& files, const fs::path& path,
                                                      std::string_view digest_key) {
    const auto contents = files.read(path, largest_one_time_file, base::Links::refuse);
    if (!contents) {
        if (contents.error().kind == ErrorKind::not_found) return std::nullopt;
        return not_opened(contents.error(), files, path);
    }
    if (contents->facts.links == 0) return std::nullopt;  // removed since it was opened
    if (const auto judged = judge(contents->facts, path); !judged) return base::fail(judged.error());
    const std::string_view text = contents->bytes.reveal();
    if (!text.empty() && text.find_first_not_of('\0') == std::string_view::npos) {
        OneTimeFile wiped;
        wiped.wiped = true;
        wiped.identity = contents->facts.identity;
        return std::optional<OneTimeFile>(std::move(wiped));
    }
    auto parsed = parse_one_time_file(text, path);
    if (!parsed) return base::fail(parsed.error());
    auto digest = digest_of(*contents, digest_key);
    if (!digest) return base::fail(digest.error());
    parsed->digest = std::move(*digest);
    parsed->identity = contents->facts.identity;
    return std::optional<OneTimeFile>(std::move(*parsed));
}

Result<OneTimeFile> parse_one_time_file(std::string_view text, const fs::path& path) {
    const auto document = parse_secret_json(text);
    if (!document) return invalid(path, document.error().where, document.error().what + ".");
    if (!document->is_object()) return invalid(path, "the whole text", "must be an object { ... }.");
    OneTimeFile file;
    std::string unsupported;
    for (const auto& [key, value] : document->get_ref<const SecretJson::object_t&>()) {
        if (view(key) == "keypass") {
            if (const auto read = read_keypass(value, path, file); !read) return base::fail(read.error());
        } else if (view(key) == "users") {
            if (const auto read = read_users(value, path, file, unsupported); !read) return base::fail(read.error());
        } else if (view(key) == "apikeys") {
            unsupported = view(key);
        } else {
            return unknown(path, "", view(key), {"keypass", "users", "apikeys"});
        }
    }
    if (!unsupported.empty()) {
        return base::fail(ErrorKind::input, "otc_unsupported",
                          path.string() + ": " + unsupported +
                              " is not supported by this version yet; nothing was applied, the file is left in place.",
                          "Take the member out.");
    }
    return file;
}

}  // namespace gatehouse::config
