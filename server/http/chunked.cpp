#include "server/http/chunked.hpp"

#include "server/http/framing.hpp"
#include "server/http/hex_digit.hpp"
#include "server/http/request.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::http {

namespace {

constexpr unsigned most_digits = 16;

}  // namespace

Flaw ChunkedDecoder::take_size(char c) {
    if (const int value = hex_value(c); value >= 0) {
        // Fifteen digits leave 60 bits in use, so the shift loses none; the top bit is refused at the end.
        if (++digits_ > most_digits) return Flaw::chunk_size;
        left_ = (left_ << 4U) | static_cast<std::uint64_t>(value);
        return left_ >> 63U != 0 ? Flaw::chunk_size : Flaw::none;
    }
    if (digits_ == 0) return Flaw::chunk_size;
    if (c == '\r') {
        expected_ = Expected::size_end;
    } else if (c == ';' || c == ' ' || c == '\t') {
        expected_ = c == ';' ? Expected::extension : Expected::blank;
        return ++extension_taken_ > extension_bytes ? Flaw::chunk_extensions_too_large : Flaw::none;
    } else {
        return Flaw::chunk_size;
    }
    return Flaw::none;
}

// A quoted value may hold any of these characters too, so that where the line ends does not depend on quoting.
Flaw ChunkedDecoder::take_extension(char c) {
    if (c == '\r') {
        expected_ = Expected::size_end;
        return Flaw::none;
    }
    if (c != '\t' && find_control({&c, 1}) == 0) return Flaw::chunk_extension;
    return ++extension_taken_ > extension_bytes ? Flaw::chunk_extensions_too_large : Flaw::none;
}

Flaw ChunkedDecoder::take_trailer(char c) {
    if (++trailer_taken_ > trailer_bytes) return Flaw::trailers_too_large;
    line_.push_back(c);
    if (c != '\n') return Flaw::none;
    if (line_ == "\r\n") {
        expected_ = Expected::nothing;
        return Flaw::none;
    }
    FieldLine field;
    if (read_field(line_, field) != Flaw::none) return Flaw::trailer;
    for (const std::string_view forbidden : {"Content-Length", "Transfer-Encoding", "Host"}) {
        if (same_name(field.name, forbidden)) return Flaw::trailer;
    }
    line_.clear();
    return Flaw::none;
}

Flaw ChunkedDecoder::take(char c) {
    switch (expected_) {
        case Expected::size:
            return take_size(c);
        case Expected::blank:
            // RFC 9112 section 7.1.1 has us take white space, but only before an extension.
            if (c == ';') expected_ = Expected::extension;
            if (c != ';' && c != ' ' && c != '\t') return Flaw::chunk_size;
            return ++extension_taken_ > extension_bytes ? Flaw::chunk_extensions_too_large : Flaw::none;
        case Expected::extension:
            return take_extension(c);
        case Expected::size_end:
            if (c != '\n') return Flaw::chunk_size;
            expected_ = left_ == 0 ? Expected::trailer : Expected::data;
            return Flaw::none;
        case Expected::data_return:
            if (c != '\r') return Flaw::chunk_end;
            expected_ = Expected::data_end;
            return Flaw::none;
        case Expected::data_end:
            if (c != '\n') return Flaw::chunk_end;
            expected_ = Expected::size;
            digits_ = 0;
            return Flaw::none;
        case Expected::trailer:
            return take_trailer(c);
        case Expected::data:
        case Expected::nothing:
            break;
    }
    return Flaw::none;
}

Judged<BodyStep> ChunkedDecoder::decode(std::string_view input, std::span<char> out) {
    BodyStep step;
    while (step.taken < input.size() && !complete()) {
        if (expected_ != Expected::data) {
            if (const Flaw flaw = take(input[step.taken]); flaw != Flaw::none) return refuse(flaw);
            ++step.taken;
            continue;
        }
        const auto room = std::min<std::uint64_t>(input.size() - step.taken, out.size() - step.produced);
        const auto count = static_cast<std::size_t>(std::min(left_, room));
        if (count == 0) break;
        std::memcpy(out.data() + step.produced, input.data() + step.taken, count);
        step.taken += count;
        step.produced += count;
        left_ -= count;
        if (left_ == 0) expected_ = Expected::data_return;
    }
    return step;
}

}  // namespace gatehouse::http
