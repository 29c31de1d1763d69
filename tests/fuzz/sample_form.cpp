// Feeds a submission to clean::read_sample_form whole and in pieces: what comes of it must be the same, nothing may
// crash, and of what is refused nothing may stay in the store. The first two bytes of the input say how it is cut; then
// come a line with a Content-Type and one with a query, and all that follows is the body.
#include "server/clean/sample_form.hpp"

#include "base/utf8.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <openssl/crypto.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace gatehouse;

namespace {

namespace asio = boost::asio;
using Form = http::Judged<clean::SampleForm>;

// Small, so that they are reached.
constexpr clean::SampleFormLimits limits{{4, 160, 24, 16}, 32, 64};

void require(bool holds) {
    if (!holds) std::abort();
}

// Gives pieces of `first` and `second` bytes by turns; 0: all at once.
class Pieces final : public http::BodyReader {
public:
    Pieces(std::string_view bytes, std::size_t first, std::size_t second)
        : bytes_(bytes), size_(first == 0 ? bytes.size() : first), other_(second == 0 ? bytes.size() : second) {}
    asio::awaitable<Piece> next() override {
        copy_ = bytes_.substr(0, size_);  // so that a view that outlives its piece is noticed
        bytes_.remove_prefix(copy_.size());
        std::swap(size_, other_);
        std::optional<std::string_view> piece;
        if (!copy_.empty()) piece = copy_;
        co_return Piece(piece);
    }

private:
    std::string_view bytes_;
    std::size_t size_;
    std::size_t other_;
    std::string copy_;
};

// A store of this process's own, for as long as it lives.
struct Place {
    std::filesystem::path folder = std::filesystem::path("/dev/shm") / ("gatehouse-fuzz-" + std::to_string(::getpid()));
    base::SystemFiles files;
    std::unique_ptr<samples::SampleStore> store;
    net::Pool pool{1, 1};
    std::optional<clean::SampleIntake> intake;

    Place() {
        // Here, since a thread that comes upon it first (the pool's) is never rid of what it takes then.
        require(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr) == 1);
        auto opened = samples::SampleStore::open(files, folder, {0, 0, 1});
        require(opened.has_value());
        store = std::move(*opened);
        intake.emplace(clean::SampleIntake{.store = *store, .pool = pool, .limits = limits});
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        std::error_code error;
        std::filesystem::remove_all(folder, error);
    }
};

std::string in_words(const Form& form) {
    if (!form) return std::to_string(form.error().status) + " " + form.error().code + " " + form.error().detail;
    std::string words = "filename " + form->filename.value_or("none") + ", type " + form->content_type;
    require(base::is_utf8(form->filename.value_or("")));
    if (form->sample) words += ", sample " + form->sample->content.sha256;
    for (const http::FormPart& part : form->fields.parts()) {
        require(base::is_utf8(part.value.reveal()) && part.value.size() <= limits.field_bytes);
        words += "\n[" + part.header.name + "] [" + std::string(part.value.reveal()) + "]";
    }
    return words;
}

std::string run(Place& place, const http::Request& request, std::string_view bytes, std::size_t first,
                std::size_t second) {
    asio::io_context io;
    Pieces body(bytes, first, second);
    std::string words;
    std::string sha256;
    const auto ended = [&](const std::exception_ptr& thrown, const Form& form) {
        require(thrown == nullptr);
        words = in_words(form);
        if (form && form->sample) sha256 = form->sample->content.sha256;
    };
    asio::co_spawn(io, clean::read_sample_form(request, body, *place.intake), ended);
    io.run();
    if (!sha256.empty()) require(place.store->settle(place.store->plan_removal(sha256), false).value());
    require(place.store->used_bytes() == 0);
    require(std::filesystem::is_empty(place.folder / "incoming") &&
            std::filesystem::is_empty(place.folder / "unsettled"));
    return words;
}

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Place place;
    if (size < 2) return 0;
    std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    http::Request request;
    request.fields.push_back({"Content-Type", take_line(rest)});
    request.query = take_line(rest);
    const auto whole = run(place, request, rest, 0, 0);
    for (const auto& cut :
         {run(place, request, rest, 1, 1), run(place, request, rest, data[0] % 64U + 1, data[1] % 64U + 1)}) {
        if (whole == cut) continue;
        std::fprintf(stderr, "whole: %s\n  cut: %s\n", whole.c_str(), cut.c_str());
        std::abort();
    }
    return 0;
}
