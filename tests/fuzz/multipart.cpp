// Feeds a form to MultipartParser whole and in pieces: the events and the outcome must be the same, and nothing may
// crash. The first two bytes of the input say how it is cut; then comes a line with a Content-Type, and all that
// follows is the body.
#include "server/http/multipart.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gatehouse;

namespace {

constexpr http::MultipartLimits limits{4, 160, 24, 16};  // small, so that they are reached

void require(bool holds) {
    if (!holds) std::abort();
}

// Writes down what it is told, and that it is told in the right order.
class Witness final : public http::PartSink {
public:
    http::Judged<void> begin_part(http::PartHeader header) override {
        require(!in_part_ && !ended_ && ++parts_ <= limits.parts);
        in_part_ = true;
        const auto file_name = header.filename.value_or(std::string());
        for (const std::string_view name : {std::string_view(header.name), std::string_view(file_name)}) {
            require(base::is_utf8(name) && name.size() <= limits.name_bytes);
            require(std::none_of(name.begin(), name.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
        }
        told += "\npart [" + header.name + "] [" + (header.filename ? file_name : "no file") + "] [" +
                header.content_type + "] ";
        return {};
    }
    http::Judged<void> data(std::string_view bytes) override {
        require(in_part_ && !bytes.empty());
        told += bytes;
        return {};
    }
    http::Judged<void> end_part() override {
        require(in_part_);
        in_part_ = false;
        told += " end of part";
        return {};
    }
    http::Judged<void> end_form() override {
        require(!in_part_ && !ended_);
        ended_ = true;
        told += "\nend of form";
        return {};
    }
    std::string told;

private:
    bool in_part_ = false;
    bool ended_ = false;
    std::size_t parts_ = 0;
};

// All that a body came to, in words, when pieces of `first` and `second` bytes take turns; 0: all of it at once.
std::string run(std::string_view boundary, std::string_view body, std::size_t first, std::size_t second) {
    Witness witness;
    http::MultipartParser parser(boundary, limits, witness);
    std::size_t size = first == 0 ? body.size() : first;
    while (!body.empty()) {
        const std::string piece(body.substr(0, size));  // a copy, so that a view that outlives it is noticed
        body.remove_prefix(piece.size());
        const auto fed = parser.feed(piece);
        if (!fed) return witness.told + "\nrefused " + std::to_string(fed.error().status) + " " + fed.error().detail;
        size = size == first ? second : first;
    }
    const auto finished = parser.finish();
    return witness.told + (finished ? "\nfinished" : "\nrefused " + finished.error().detail);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto content_type = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), content_type.size() + 1));
    http::Request request;
    request.fields.push_back({"Content-Type", content_type});
    const auto boundary = http::form_boundary(request);
    if (boundary) require(!boundary->empty() && boundary->size() <= 70 && boundary->find('\r') == std::string::npos);
    // What comes after a Content-Type that is none is worth trying too.
    const std::string_view used = boundary ? std::string_view(*boundary) : "xY";
    const auto whole = run(used, rest, 0, 0);
    for (const auto& cut : {run(used, rest, 1, 1), run(used, rest, data[0] % 64U + 1, data[1] % 64U + 1)}) {
        if (whole == cut) continue;
        std::fprintf(stderr, "whole: %s\n  cut: %s\n", whole.c_str(), cut.c_str());
        std::abort();
    }
    return 0;
}
