// Feeds a request to RequestParser whole and in pieces: the outcome must be the same, and nothing may crash. The first
// byte of the input says how it is cut, the rest is what the client sends.
#include "server/http/request_parser.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gatehouse;

namespace {

constexpr std::size_t header_bytes = 1024;  // small, so that the limits are reached

std::string tell_refusal(const http::Refusal& refusal) {
    return " refused " + std::to_string(refusal.status) + " " + refusal.code;
}

std::string tell_head(http::RequestParser& parser, std::size_t length) {
    const auto& request = parser.request();
    std::string told = std::to_string(length);
    for (const auto part : {request.method_text, request.target, request.path, request.query, request.host}) {
        told.append(" [").append(part).append("]");
    }
    told += (request.keep_alive ? " kept" : " closed") + std::to_string(request.minor_version);
    told += parser.expects_continue() ? " expects" : "";
    told += parser.content_length() ? " length " + std::to_string(*parser.content_length()) : " chunked";
    for (const auto& field : request.fields) {
        told.append(" [").append(field.name).append("]=[").append(field.value).append("]");
    }
    return told;
}

// The client's bytes as they arrive: `step` more with each read, all of them at once for 0.
class Arrival {
public:
    Arrival(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
    // What has arrived from `from` on; a copy, so that a view that outlives it is noticed.
    [[nodiscard]] std::string since(std::size_t from) const {
        return std::string(bytes_.substr(from, arrived_ - from));
    }
    [[nodiscard]] bool more() {
        if (arrived_ == bytes_.size()) return false;
        arrived_ = step_ == 0 ? bytes_.size() : std::min(bytes_.size(), arrived_ + step_);
        return true;
    }

private:
    std::string_view bytes_;
    std::size_t step_;
    std::size_t arrived_ = 0;
};

// All that one request came to, in words. `room` is the size of the buffer for the body.
std::string run(std::string_view bytes, std::size_t step, std::size_t room) {
    http::RequestParser parser;
    Arrival arrival(bytes, step);
    std::size_t at = 0;
    while (at == 0) {
        const auto input = arrival.since(0);
        const auto parsed = parser.parse_head(input, header_bytes);
        if (!parsed) return "head" + tell_refusal(parsed.error());
        if (*parsed) {
            at = **parsed;
        } else if (!arrival.more()) {
            return "head incomplete";
        }
    }
    auto told = tell_head(parser, at);
    std::string body;
    std::array<char, 64> out{};
    while (!parser.complete()) {
        const auto input = arrival.since(at);
        const auto taken = parser.parse_body(input, std::span(out).first(room));
        if (!taken) return told + tell_refusal(taken.error());
        if (taken->taken > input.size() || taken->produced > room) std::abort();
        body.append(out.data(), taken->produced);
        at += taken->taken;
        if (taken->taken == 0 && !arrival.more()) return told + " body incomplete " + body;
    }
    return told + " body " + body + " rest at " + std::to_string(at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t step = data[0] % 16U + 1;
    const std::size_t room = data[0] / 16U + 1;
    const auto whole = run(bytes, 0, 64);
    const auto cut = run(bytes, step, room);
    if (whole != cut) {
        std::fprintf(stderr, "whole: %s\n  cut: %s\n", whole.c_str(), cut.c_str());
        std::abort();
    }
    return 0;
}
