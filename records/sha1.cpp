#include "records/sha1.hpp"

#include "base/secret.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace gatehouse::records {

namespace {

constexpr std::size_t block_size = 64;
constexpr std::size_t length_size = 8;  // bytes at the end of the last block that tell the message's length

using State = std::array<std::uint32_t, 5>;

std::uint32_t word_at(const char* bytes) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < sizeof word; ++i)
        word = word << 8U | static_cast<unsigned char>(bytes[i]);
    return word;
}

void add_block(State& state, const char* block) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 16; ++i)
        w[i] = word_at(block + i * 4);
    for (std::size_t i = 16; i < w.size(); ++i)
        w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);

    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < w.size(); ++i) {
        std::uint32_t f = b ^ c ^ d;
        std::uint32_t k = 0x6ED9EBA1;
        if (i < 20) {
            f = (b & c) | (~b & d);
            k = 0x5A827999;
        } else if (i >= 40 && i < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8F1BBCDC;
        } else if (i >= 60) {
            k = 0xCA62C1D6;
        }
        const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
    ::explicit_bzero(w.data(), sizeof w);  // may be a key's
}

}  // namespace

Sha1 sha1(std::string_view message) {
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (; message.size() >= block_size; message.remove_prefix(block_size))
        add_block(state, message.data());

    // The rest, a 1 bit, zeros and the length: one block or two.
    std::array<char, 2 * block_size> end{};
    if (!message.empty()) std::memcpy(end.data(), message.data(), message.size());
    end[message.size()] = static_cast<char>(0x80);
    const std::size_t size = message.size() + 1 + length_size <= block_size ? block_size : end.size();
    for (std::size_t i = 0; i < length_size; ++i)
        end[size - 1 - i] = static_cast<char>(bits >> (8 * i) & 0xFFU);
    for (std::size_t offset = 0; offset < size; offset += block_size)
        add_block(state, end.data() + offset);
    ::explicit_bzero(end.data(), end.size());

    Sha1 digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (8 * (3 - i % 4)) & 0xFFU);
    return digest;
}

Sha1 hmac_sha1(std::string_view key, std::string_view message) {
    base::Secret inner(block_size + message.size());
    base::Secret outer(block_size + sizeof(Sha1));
    std::array<char, block_size> padded{};
    if (key.size() > block_size) {
        const Sha1 shorter = sha1(key);
        std::memcpy(padded.data(), shorter.data(), shorter.size());
    } else if (!key.empty()) {
        std::memcpy(padded.data(), key.data(), key.size());
    }
    for (std::size_t i = 0; i < block_size; ++i) {
        inner.writable()[i] = static_cast<char>(padded[i] ^ 0x36);
        outer.writable()[i] = static_cast<char>(padded[i] ^ 0x5C);
    }
    ::explicit_bzero(padded.data(), padded.size());
    if (!message.empty()) std::memcpy(inner.writable() + block_size, message.data(), message.size());
    const Sha1 first = sha1(inner.reveal());
    std::memcpy(outer.writable() + block_size, first.data(), first.size());
    return sha1(outer.reveal());
}

}  // namespace gatehouse::records
