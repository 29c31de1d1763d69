#include "records/totp.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace gatehouse::records {

namespace {

using base::Secret;

constexpr std::size_t secret_size = 20;
constexpr std::size_t digits = 6;
constexpr std::chrono::seconds period(30);

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    constexpr std::string_view others = "-._~";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           others.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', hex[byte >> 4U], hex[byte & 15U]};
        }
    }
    return out;
}

// As a digest SHA-1 is broken, in HMAC it is not, and the apps know nothing else. libsodium has none.
std::array<std::uint8_t, 20> hmac_sha1(std::string_view key, std::string_view message) {
    std::array<std::uint8_t, 20> mac{};
    unsigned size = 0;
    if (::HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), &size) == nullptr ||
        size != mac.size()) {
        throw std::runtime_error("OpenSSL refuses HMAC-SHA-1, which one-time codes are made of");
    }
    return mac;
}

}  // namespace

Secret random_totp_secret() {
    Secret secret(secret_size);
    ::randombytes_buf(secret.writable(), secret.size());
    return secret;
}

std::int64_t totp_step(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() / period;
}

std::string totp_code(const Secret& secret, std::int64_t step) {
    std::array<char, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i)
        counter[counter.size() - 1 - i] = static_cast<char>(static_cast<std::uint64_t>(step) >> (8 * i) & 0xFFU);
    const auto mac = hmac_sha1(secret.reveal(), {counter.data(), counter.size()});
    // RFC 4226, 5.3: the last four bits say where the 31 bits lie that the code is made of.
    const std::size_t offset = mac.back() & 15U;
    std::uint32_t number = mac[offset] & 0x7FU;
    for (std::size_t i = 1; i < 4; ++i)
        number = number << 8U | mac[offset + i];
    std::string code(digits, '0');
    for (auto digit = code.rbegin(); digit != code.rend(); ++digit, number /= 10)
        *digit = static_cast<char>('0' + number % 10);
    return code;
}

std::optional<std::int64_t> matching_step(const Secret& secret, std::string_view code, Time now,
                                          std::int64_t last_step) {
    const std::int64_t present = totp_step(now);
    std::optional<std::int64_t> found;
    // All three are always tried, each in the same time, so that the time does not tell which one was near.
    for (const std::int64_t step : {present - 1, present, present + 1}) {
        const Secret expected{std::string_view(totp_code(secret, step))};
        if (expected.equals(code) && step > last_step && !found) found = step;
    }
    return found;
}

Secret base32(const Secret& secret) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    Secret out((secret.size() * 8 + 4) / 5);
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t written = 0;
    for (const char byte : secret.reveal()) {
        bits = bits << 8U | static_cast<unsigned char>(byte);
        for (held += 8; held >= 5; held -= 5)
            out.writable()[written++] = alphabet[bits >> (held - 5) & 31U];
    }
    if (held > 0) out.writable()[written] = alphabet[bits << (5 - held) & 31U];
    return out;
}

Secret otpauth_uri(std::string_view issuer, std::string_view account, const Secret& secret) {
    const std::string before =
        "otpauth://totp/" + percent_encoded(issuer) + ":" + percent_encoded(account) + "?secret=";
    const std::string after = "&issuer=" + percent_encoded(issuer) + "&algorithm=SHA1&digits=6&period=30";
    const Secret shown = base32(secret);
    Secret uri(before.size() + shown.size() + after.size());
    char* place = uri.writable();
    for (const std::string_view part : {std::string_view(before), shown.reveal(), std::string_view(after)}) {
        if (!part.empty()) std::memcpy(place, part.data(), part.size());
        place += part.size();
    }
    return uri;
}

}  // namespace gatehouse::records
