// Reads one HTTP/1.1 response as its bytes come: Beast's parser and limits of our own. Beast's leniency is harmless
// here, unlike where http/framing judges: a connection carries one answer at a time, and one with bytes behind it is
// not used again. Bytes only; no socket. One per response, its owner's executor only.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::net {

/// A field of a request or of an answer.
struct Field {
    std::string name;
    std::string value;
    friend bool operator==(const Field&, const Field&) = default;
};

/// What an answer begins with.
struct ResponseHead {
    int status = 0;
    std::string reason;
    std::vector<Field> fields;  ///< in their order
    /// The first field of that name, whatever its letters' case; nullopt: there is none.
    [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};

class ResponseReader {
public:
    static constexpr std::size_t most_head_bytes = std::size_t{64} * 1024;
    static constexpr unsigned most_interim = 16;

    enum class Body {
        expected,  ///< as the head says
        none,      ///< the answer to HEAD, or to a CONNECT that succeeded
    };
    ResponseReader(Body body, std::uint64_t most_body_bytes);
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;
    ~ResponseReader();

    /// Takes what came, and passes over interim answers (1xx). Errors, whose messages are predicates of who answered:
    /// unavailable/answer_garbled (also for 101, which nobody asked for), unavailable/answer_too_large.
    [[nodiscard]] base::Result<void> take(std::string_view bytes);
    /// The server ended the connection, `cleanly` where it said so by TLS: else a body without a length may have been
    /// cut short by anybody (RFC 9112, 9.8). Errors: unavailable/no_answer, unavailable/answer_cut.
    [[nodiscard]] base::Result<void> take_end(bool cleanly);

    [[nodiscard]] bool has_begun() const { return begun_; }  ///< any byte came
    [[nodiscard]] bool head_done() const;
    [[nodiscard]] bool done() const;
    /// Once the head is done.
    [[nodiscard]] const ResponseHead& head() const;
    /// What has come of the body since the last time.
    [[nodiscard]] std::string take_body();
    /// Once it is done: whether another request may follow on this connection. Not where something came behind the
    /// answer.
    [[nodiscard]] bool may_be_followed() const;
    /// Whether something came behind the answer, which nobody asked for.
    [[nodiscard]] bool has_rest() const;

private:
    class Parser;
    void begin();
    [[nodiscard]] base::Result<void> parse();

    const Body body_;
    const std::uint64_t most_body_bytes_;
    std::unique_ptr<Parser> parser_;
    std::string pending_;  // not parsed yet
    std::size_t head_bytes_ = 0;
    bool begun_ = false;
    unsigned interim_ = 0;
};

}  // namespace gatehouse::net
