#include "records/password.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

// OWASP's second choice for argon2id, which an appliance of two cores still does 40 times a second per core.
constexpr unsigned long long passes = 2;
constexpr std::size_t memory = 19UL * 1024 * 1024;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

// Code points; each stray byte of what is no UTF-8 counts or not, as it happens.
std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

}  // namespace

Result<void> check_password(std::string_view name, const base::Secret& password) {
    if (characters_of(password.reveal()) < shortest_password) {
        return base::fail(ErrorKind::input, "password_short",
                          "The password has fewer than " + std::to_string(shortest_password) + " characters.",
                          "Choose a longer one; several words make a good one.");
    }
    if (password.size() > longest_password) {
        return base::fail(ErrorKind::input, "password_long",
                          "The password has more than " + std::to_string(longest_password) + " bytes.");
    }
    if (equal_ignoring_case(name, password.reveal())) {
        return base::fail(ErrorKind::input, "password_is_name", "The password is the name itself.",
                          "Choose one that can't be guessed.");
    }
    return {};
}

Result<std::string> hash_password(const base::Secret& password) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (::sodium_init() < 0 ||
        ::crypto_pwhash_argon2id_str(text.data(), password.reveal().data(), password.size(), passes, memory) != 0) {
        return base::fail(ErrorKind::unavailable, "out_of_memory",
                          "The password can't be hashed: there is no memory left.", "Try again later.");
    }
    return std::string(text.data());
}

bool verify_password(const std::string& hash, const base::Secret& password) {
    const char* bytes = password.empty() ? "" : password.reveal().data();  // libsodium takes no null
    return hash.size() < crypto_pwhash_STRBYTES && ::sodium_init() >= 0 &&
           ::crypto_pwhash_argon2id_str_verify(hash.c_str(), bytes, password.size()) == 0;
}

const std::string& decoy_hash() {
    // The hash is 32 zero bytes, which nobody knows a password for.
    static const std::string decoy =
        "$argon2id$v=19$m=19456,t=2,p=1$Z2F0ZWhvdXNlIGRlY295cw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    return decoy;
}

base::Secret random_password() {
    constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    constexpr std::size_t length = 20;
    base::Secret password(length);
    for (std::size_t i = 0; i < length; ++i)
        password.writable()[i] = alphabet[::randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
    return password;
}

}  // namespace gatehouse::records
