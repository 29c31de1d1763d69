#include "server/http/incoming_body.hpp"

#include <array>

namespace gatehouse::http {

namespace {

constexpr std::size_t decoded_bytes = 16UL * 1024;

}  // namespace

Refusal body_too_large(std::uint64_t most) {
    return {413, "body_too_large",
            "The body is larger than the " + std::to_string(most) + " bytes that this address takes."};
}

Judged<void> IncomingBody::expect(const RequestParser& parser, std::uint64_t most, bool keep) {
    most_ = most;
    keep_ = keep;
    if (parser.content_length().value_or(0) > most) return tl::unexpected<Refusal>(body_too_large(most));
    return {};
}

Judged<std::size_t> IncomingBody::take(RequestParser& parser, std::string_view input) {
    std::array<char, decoded_bytes> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by parse_body
    const auto step = parser.parse_body(input, chunk);
    if (!step) return tl::unexpected<Refusal>(step.error());
    received_ += step->produced;
    if (received_ > most_) return tl::unexpected<Refusal>(body_too_large(most_));
    if (keep_) {
        bytes_.append(chunk.data(), step->produced);
        ::explicit_bzero(chunk.data(), step->produced);
    }
    return step->taken;
}

}  // namespace gatehouse::http
