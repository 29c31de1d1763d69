// Any bytes as what gatehousectl reads from the console socket: however they are cut, they are the same response or
// refused with the same code, and a body never exceeds its limit.
#include "gatehousectl/response_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;
using gatehousectl::ResponseReader;

constexpr std::size_t body_limit = 4096;

void require(bool holds) {
    if (!holds) std::abort();
}

struct Outcome {
    std::string refused;  // code
    std::string body;     // where nothing was refused
    int status = 0;
    bool complete = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view text, std::size_t piece) {
    ResponseReader reader(body_limit);
    Outcome outcome;
    base::Result<void> taken;
    std::size_t received = 0;
    for (std::size_t at = 0; at < text.size() && taken; at += piece) {
        taken = reader.feed(text.substr(at, piece));
        const std::string body = reader.take_body();
        received += body.size();
        if (taken) outcome.body += body;
    }
    require(received <= body_limit);
    if (taken) taken = reader.end();
    if (!taken) {
        require(!taken.error().code.empty() && !taken.error().message.empty());
        return {taken.error().code, {}, 0, false};
    }
    outcome.complete = reader.complete();
    require(outcome.complete && reader.head_complete());
    outcome.status = reader.head().status;
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Outcome whole = read(text, std::max<std::size_t>(size, 1));
    require(read(text, 1) == whole);
    require(read(text, 7) == whole);
    return 0;
}
