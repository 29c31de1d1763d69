#include "records/totp.hpp"

#include <liboath/oath.h>
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
    constexpr bool with_checksum = false;
    std::array<char, digits + 1> code{};
    const std::string_view key = secret.reveal();
    if (::oath_hotp_generate(key.data(), key.size(), static_cast<std::uint64_t>(step), static_cast<unsigned>(digits),
                             with_checksum, OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) != OATH_OK) {
        throw std::runtime_error("liboath can't make a one-time code");
    }
    return code.data();
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
