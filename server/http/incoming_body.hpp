// The body of one request while it arrives: its limit, and its bytes where a handler wants them. They may hold
// passwords and keys, so they are wiped when the request is over, and when they move to larger memory. Owned by who
// serves the connection, its thread only.
#pragma once

#include "config/secret_json.hpp"
#include "server/http/request_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::http {

/// What is said of a body beyond its route's limit.
[[nodiscard]] Refusal body_too_large(std::uint64_t most);

class IncomingBody {
public:
    /// Takes at most `most` bytes, and keeps them or drops them. Refuses a length that is told and too large
    /// (413 body_too_large), so that nothing of the body need be read.
    [[nodiscard]] Judged<void> expect(const RequestParser& parser, std::uint64_t most, bool keep);
    /// Decodes what it can of `input` and tells how much of it is used up; 0: more must arrive, or the body is
    /// complete. Refusals: 413 body_too_large, and those of RequestParser::parse_body.
    [[nodiscard]] Judged<std::size_t> take(RequestParser& parser, std::string_view input);

    [[nodiscard]] bool kept() const { return keep_; }
    /// Decoded bytes so far, kept or not.
    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

private:
    config::SecretString bytes_;
    std::uint64_t most_ = 0;
    std::uint64_t received_ = 0;
    bool keep_ = false;
};

}  // namespace gatehouse::http
