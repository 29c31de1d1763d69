// Any bytes as what a stranger's server answers to a call of ours: however they are cut, they are the same answer or
// refused with the same code; a body never exceeds its limit, and a head is what it was when it was first seen.
#include "server/net/response_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;
using net::ResponseReader;

constexpr std::size_t body_limit = 4096;

void require(bool holds) {
    if (!holds) std::abort();
}

struct Outcome {
    std::string refused;  // code
    std::string body;     // where nothing was refused
    int status = 0;       // of what was refused behind its head too
    std::size_t fields = 0;
    bool may_be_followed = false;
    bool has_rest = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// As HttpsClient reads: until it is done, or refused.
Outcome read(std::string_view text, std::size_t piece, bool ends_cleanly, ResponseReader::Body expected) {
    ResponseReader reader(expected, body_limit);
    Outcome outcome;
    base::Result<void> taken;
    std::string body;
    std::size_t at = 0;
    while (at < text.size() && taken && !reader.done()) {
        taken = reader.take(text.substr(at, piece));
        at += piece;
        if (!reader.head_done()) continue;
        body += reader.take_body();
        require(body.size() <= body_limit);
        require(outcome.status == 0 || outcome.status == reader.head().status);
        if (taken || reader.head().status >= 200) outcome.status = reader.head().status;
        require(!taken || reader.head().status >= 200);
    }
    require(reader.has_begun() == !text.empty());
    if (taken && !reader.done()) taken = reader.take_end(ends_cleanly);
    if (!taken) {
        require(!taken.error().code.empty() && !taken.error().message.empty());
        // Of a head that did not come to its end the parser sees sooner or later that it is none.
        const bool is_cut = taken.error().code == "answer_cut" || taken.error().code == "answer_garbled";
        outcome.refused = is_cut && !reader.head_done() ? "answer_garbled" : taken.error().code;
        return outcome;
    }
    require(reader.done() && reader.head_done());
    outcome.status = reader.head().status;
    outcome.fields = reader.head().fields.size();
    outcome.body = body + reader.take_body();
    require(expected == ResponseReader::Body::expected || outcome.body.empty());
    // Where what follows comes later, nobody can know of it yet.
    const bool is_whole = at >= text.size();
    outcome.has_rest = reader.has_rest() || !is_whole;
    outcome.may_be_followed = reader.may_be_followed() && is_whole;
    require(!(outcome.has_rest && outcome.may_be_followed));
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool ends_cleanly = (data[0] & 1) != 0;
    const auto expected = (data[0] & 2) != 0 ? ResponseReader::Body::none : ResponseReader::Body::expected;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome whole = read(text, std::max<std::size_t>(text.size(), 1), ends_cleanly, expected);
    require(read(text, 1, ends_cleanly, expected) == whole);
    require(read(text, 7, ends_cleanly, expected) == whole);
    return 0;
}
