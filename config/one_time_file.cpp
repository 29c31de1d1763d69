#include "config/one_time_file.hpp"

#include "base/advice.hpp"
#include "base/hex.hpp"
#include "base/text.hpp"
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
    std::string advice = "Known are: " + base::joined(known, ", ") + ".";
    if (!nearest.empty()) advice = "Did you mean \"" + nearest + "\"?";
    return invalid(file, member_path(parent, member), "is not known here.", advice);
}

// The file failed to open: told as what the operator can mend about the one-time file.
tl::unexpected<Error> not_opened(const Error& error, const base::FileSystem& files, const fs::path& path) {
    if (error.code == "file_too_large") return unreadable(error.message, "A one-time file has at most 64 KiB.");
    const auto link = files.link_facts(path);
    if (link && link->symlink) {
        return unreadable(path.string() + " is a symbolic link, which is not followed.",
                          "Remove the link, and lay the file down itself.");
    }
    return unreadable(error.message, error.advice);
}

// Only root and the service's own user may have had a hand in the file.
Result<void> judge(const base::FileFacts& facts, const fs::path& path) {
    if (facts.links > 1) {
        return unreadable(path.string() + " has " + std::to_string(facts.links) + " names (hard links).",
                          "Remove them all, and lay the file down anew.");
    }
    if (facts.owner != 0 && facts.owner != ::geteuid()) {
        return unreadable(path.string() + " belongs to " + base::user_name(facts.owner) + ", not to root or " +
                              base::user_name(::geteuid()) + ".",
                          "Check what it says. " + base::advice_to_give(path, ::geteuid()));
    }
    constexpr mode_t writable_by_others = 0022;
    if ((facts.mode & writable_by_others) != 0) {
        return unreadable(
            path.string() + " can be written by others than its owner (mode " + base::mode_text(facts.mode) + ").",
            "Check what it says. " + base::advice_to_change_mode(path, facts.owner, ::geteuid(), "go-rwx"));
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

// The text of a member that holds no secret.
Result<std::string> read_text(const SecretJson& value, const fs::path& file, const std::string& path) {
    if (!value.is_string()) return invalid(file, path, "must be a text in double quotes.");
    return std::string(view(value.get_ref<const SecretString&>()));
}

// Calls `take` with each member of the object at `path`: its name, value and own path.
template <class Take>
Result<void> each_member(const SecretJson& value, const fs::path& file, const std::string& path, Take take) {
    if (!value.is_object()) return invalid(file, path, "must be an object { ... }.");
    for (const auto& [key, member] : value.get_ref<const SecretJson::object_t&>()) {
        if (auto taken = take(view(key), member, member_path(path, view(key))); !taken) return taken;
    }
    return {};
}

Result<Interface> read_door(const SecretJson& value, const fs::path& file, const std::string& path) {
    const auto text = read_text(value, file, path);
    if (!text) return base::fail(text.error());
    for (const Interface door : interfaces) {
        if (*text == name(door)) return door;
    }
    return invalid(file, path, "must be \"admin\" or \"clean\".");
}

template <class T>
Result<void> put(T& place, Result<T> value) {
    if (!value) return base::fail(value.error());
    place = std::move(*value);
    return {};
}

Result<OneTimeUser> read_user(const SecretJson& value, const fs::path& file, const std::string& path) {
    OneTimeUser user;
    const auto read = each_member(
        value, file, path, [&](std::string_view key, const SecretJson& member, const std::string& at) -> Result<void> {
            if (key == "username") return put(user.username, read_text(member, file, at));
            if (key == "password") return put(user.password, read_passphrase(member, file, at));
            if (key == "email") return put(user.email, read_text(member, file, at));
            if (key == "name") return put(user.name, read_text(member, file, at));
            if (key == "role") return put(user.role, read_text(member, file, at));
            if (key == "interface") return put(user.interface, read_door(member, file, at));
            return unknown(file, path, key, {"username", "password", "email", "name", "role", "interface"});
        });
    if (!read) return base::fail(read.error());
    if (user.username.empty()) return invalid(file, path, "has no \"username\".");
    if (user.password.empty()) return invalid(file, path, "has no \"password\".");
    return user;
}

Result<OneTimeApiKey> read_api_key(const SecretJson& value, const fs::path& file, const std::string& path) {
    OneTimeApiKey api_key;
    const auto read = each_member(
        value, file, path, [&](std::string_view key, const SecretJson& member, const std::string& at) -> Result<void> {
            if (key == "name") return put(api_key.name, read_text(member, file, at));
            if (key == "username") return put(api_key.username, read_text(member, file, at));
            if (key == "apikey") return put(api_key.key, read_passphrase(member, file, at));
            return unknown(file, path, key, {"name", "username", "apikey"});
        });
    if (!read) return base::fail(read.error());
    if (api_key.username.empty()) return invalid(file, path, "has no \"username\".");
    if (api_key.key.empty()) return invalid(file, path, "has no \"apikey\".");
    return api_key;
}

// Each element of the list at `path`, whose name for one is `element`, as `read_one` reads it.
template <class T>
Result<void> read_list(const SecretJson& value, const fs::path& file, const std::string& path,
                       const std::string& element, std::vector<T>& out,
                       Result<T> (*read_one)(const SecretJson&, const fs::path&, const std::string&)) {
    constexpr std::size_t most = 100;
    if (!value.is_array() || value.empty())
        return invalid(file, path, "must be a list [ ... ] of at least one " + element + ".");
    if (value.size() > most) return invalid(file, path, "has more than 100 elements.");
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto one = read_one(value[i], file, path + "[" + std::to_string(i) + "]");
        if (!one) return base::fail(one.error());
        out.push_back(std::move(*one));
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
    return base::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
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
    for (const auto& [key, value] : document->get_ref<const SecretJson::object_t&>()) {
        Result<void> read;
        if (view(key) == "keypass") {
            read = read_keypass(value, path, file);
        } else if (view(key) == "users") {
            read = read_list(value, path, "users", "user", file.users, read_user);
        } else if (view(key) == "apikeys") {
            read = read_list(value, path, "apikeys", "API key", file.api_keys, read_api_key);
        } else {
            read = unknown(path, "", view(key), {"keypass", "users", "apikeys"});
        }
        if (!read) return base::fail(read.error());
    }
    return file;
}

}  // namespace gatehouse::config
