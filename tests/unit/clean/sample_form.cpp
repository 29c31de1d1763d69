#include "server/clean/sample_form.hpp"

#include "tests/fault/faulty_files.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sample_form_test {

using namespace gatehouse;
using clean::SampleForm;
using clean::SampleIntake;
using http::BodyReader;
using http::Judged;
using http::Refusal;
using samples::SampleStore;
namespace asio = boost::asio;

namespace {

// A body that comes in pieces of so many bytes, and may break off.
class Pieces final : public BodyReader {
public:
    Pieces(std::string_view bytes, std::size_t size, std::optional<Refusal> end = std::nullopt)
        : bytes_(bytes), size_(size), end_(std::move(end)) {}

    asio::awaitable<Piece> next() override {
        copy_ = bytes_.substr(0, size_);  // so that a view that outlives its piece is noticed
        bytes_.remove_prefix(copy_.size());
        std::optional<std::string_view> piece;
        if (!copy_.empty()) piece = copy_;
        if (!piece && end_) co_return Piece(tl::unexpected<Refusal>(*end_));
        co_return Piece(piece);
    }
    [[nodiscard]] bool read_whole() const { return bytes_.empty(); }

private:
    std::string_view bytes_;
    std::size_t size_;
    std::optional<Refusal> end_;
    std::string copy_;
};

constexpr std::string_view multipart = "multipart/form-data; boundary=xY";
constexpr std::string_view in_text = "application/x-www-form-urlencoded";
const std::string end_of_form = "--xY--\r\n";

std::string field(std::string_view name, std::string_view value) {
    return "--xY\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(value) +
           "\r\n";
}

std::string file(std::string_view bytes, std::string_view parameters = "; filename=\"a.exe\"") {
    return "--xY\r\nContent-Disposition: form-data; name=\"sample\"" + std::string(parameters) +
           "\r\nContent-Type: application/octet-stream\r\n\r\n" + std::string(bytes) + "\r\n";
}

struct Box {
    /// `failing`: files that one thread at a time may use.
    explicit Box(bool failing = true) : intake{.store = make_store(failing), .pool = pool} {}

    tests::Folder folder{tests::quick_place()};
    fault::FaultyFiles files{folder.path()};
    base::SystemFiles sound_files;
    std::unique_ptr<SampleStore> store;
    net::testing::Loop loop;
    net::Pool pool{2, 10};
    SampleIntake intake;
    std::string query;

    Judged<SampleForm> read(BodyReader& body, std::string_view type = multipart) {
        http::Request request;
        request.fields.push_back({"Content-Type", type});
        request.query = query;
        return loop.await(read_as_handler(request, body));
    }
    Judged<SampleForm> read(std::string_view body, std::string_view type = multipart, std::size_t size = 1000) {
        Pieces pieces(body, size);
        return read(pieces, type);
    }
    // "200", or status and code.
    std::string told(std::string_view body, std::string_view type = multipart) {
        const auto form = read(body, type);
        if (form) return "200";
        return std::to_string(form.error().status) + " " + form.error().code;
    }
    [[nodiscard]] bool holds_nothing() const {
        namespace fs = std::filesystem;
        const fs::recursive_directory_iterator all(folder.path());
        return std::none_of(begin(all), end(all), [](const auto& entry) { return entry.is_regular_file(); });
    }
    [[nodiscard]] std::string stored(const SampleForm& form) const {
        const auto opened = store->read(form.sample->content.sha256);
        REQUIRE(opened);
        std::string bytes(form.sample->content.size + 1, '\0');
        const ssize_t got = (*opened)->read(0, {bytes.data(), bytes.size()});
        REQUIRE(got >= 0);
        bytes.resize(static_cast<std::size_t>(got));
        return bytes;
    }

private:
    asio::awaitable<Judged<SampleForm>> read_as_handler(const http::Request& request, BodyReader& body) {
        Judged<SampleForm> form = co_await clean::read_sample_form(request, body, intake);
        co_return form;
    }
    SampleStore& make_store(bool failing) {
        base::FileSystem& system = failing ? static_cast<base::FileSystem&>(files) : sound_files;
        auto opened = SampleStore::open(system, folder / "samples", {0, 0, 64});
        REQUIRE(opened);
        store = std::move(*opened);
        return *store;
    }
};

std::string value_of(const SampleForm& form, std::string_view name) {
    const auto* part = form.fields.find(name);
    return part == nullptr ? "not there" : std::string(part->value.reveal());
}

}  // namespace

TEST_CASE("a submission's file goes to the store and its fields are kept, however it is cut and whatever comes first") {
    const bool file_first = GENERATE(true, false);
    const std::size_t size = GENERATE(1, 7, 100000);
    Box box;
    const std::string bytes("MZ\0\r\n--x-no\r\n--x", 16);
    const std::string fields =
        field("api_key", "k3y") + field("tags", "one") + field("tags", "two,three") + field("private", "");
    const std::string body = (file_first ? file(bytes) + fields : fields + file(bytes)) + end_of_form;
    const auto form = box.read(body, multipart, size);
    REQUIRE(form);
    REQUIRE(form->sample);
    CHECK(form->sample->content.size == bytes.size());
    CHECK(box.stored(*form) == bytes);
    CHECK(form->filename == "a.exe");
    CHECK(form->content_type == "application/octet-stream");
    CHECK(value_of(*form, "api_key") == "k3y");
    CHECK(value_of(*form, "private").empty());
    CHECK(value_of(*form, "other") == "not there");
    std::vector<std::string> tags;
    for (const http::FormPart& part : form->fields.parts()) {
        if (part.header.name == "tags") tags.emplace_back(part.value.reveal());
    }
    CHECK(tags == std::vector<std::string>{"one", "two,three"});
}

TEST_CASE("a file of many pieces is stored whole") {
    Box box;
    std::string bytes;
    while (bytes.size() < 3'000'000)
        bytes += std::to_string(bytes.size()) + "\r\n";
    const auto form = box.read(file(bytes) + end_of_form, multipart, 16'000);
    REQUIRE(form);
    CHECK(box.stored(*form) == bytes);
    CHECK(box.store->used_bytes() == bytes.size());
}

TEST_CASE("a file may come without a name, and a field may say that it is a file") {
    Box box;
    const auto form =
        box.read(file("bytes", "") +
                 "--xY\r\nContent-Disposition: form-data; name=api_key; filename=api_key\r\n\r\nk3y\r\n" + end_of_form);
    REQUIRE(form);
    CHECK_FALSE(form->filename);
    CHECK(value_of(*form, "api_key") == "k3y");
}

TEST_CASE("a file name is shown without its folders, and what would not show as itself is written out") {
    CHECK(clean::shown_file_name("C:\\Users\\me\\invoice.pdf") == "invoice.pdf");
    CHECK(clean::shown_file_name("../../etc/passwd") == "passwd");
    CHECK(clean::shown_file_name("a b'\"<i>.exe") == "a b'\"<i>.exe");
    CHECK(clean::shown_file_name("r\xC3\xA9sum\xC3\xA9.doc") == "r\xC3\xA9sum\xC3\xA9.doc");
    CHECK(clean::shown_file_name("invoice\xE2\x80\xAE"
                                 "fdp.exe") == "invoice\\u{202E}fdp.exe");
    CHECK(clean::shown_file_name(std::string("a\0b\nc", 5)) == "a\\x00b\\nc");
    for (const std::string_view nothing : {"", ".", "..", "/", "a/", "a/.."})
        CHECK_FALSE(clean::shown_file_name(nothing));
    Box box;
    const auto named = [&](std::string_view parameters) {
        const auto form = box.read(file("bytes", parameters) + end_of_form);
        REQUIRE(form);
        return form->filename.value_or("none");
    };
    CHECK(named("; filename=\"../x\"") == "x");
    CHECK(named("; filename=\"plain.txt\"; filename*=UTF-8''na%C3%AFve%2F..%2Fnice.txt") == "nice.txt");
    CHECK(named("; filename*=UTF-8''a%00b") == "a_b");
}

TEST_CASE("a submission is about one file or one address") {
    Box box;
    CHECK(box.told(end_of_form) == "422 bad_parameter");
    CHECK(box.told(field("tags", "one") + end_of_form) == "422 bad_parameter");
    CHECK(box.told(field("url", "") + end_of_form) == "422 bad_parameter");
    CHECK(box.told(field("url", "https://example.com") + end_of_form) == "200");
    CHECK(box.told(field("url", "https://example.com") + file("bytes") + end_of_form) == "422 bad_parameter");
    CHECK(box.told(field("url", "") + file("bytes") + end_of_form) == "200");
    CHECK(box.told(file("bytes") + file("bytes") + end_of_form) == "422 bad_parameter");
    CHECK(box.told(file("", "; filename=\"\"") + end_of_form) == "422 bad_parameter");
    CHECK(box.told(file("", "; filename=\"\"") + field("url", "https://example.com") + end_of_form) == "200");
    CHECK(box.told(file("", "; filename=\"empty.txt\"") + end_of_form) == "422 sample_empty");
    box.query = "url=https%3A%2F%2Fexample.com";
    CHECK(box.told(field("tags", "one") + end_of_form) == "200");
    CHECK(box.told(file("bytes") + end_of_form) == "422 bad_parameter");
    box.query = "url=a&url=b";
    CHECK(box.told(field("tags", "one") + end_of_form) == "422 bad_parameter");
}

TEST_CASE("an address is taken from a form that is sent as text too") {
    Box box;
    const auto form = box.read("url=https%3A%2F%2Fexample.com%2Fa+b&tags=one&tags=two&api_key=k", in_text);
    REQUIRE(form);
    CHECK_FALSE(form->sample);
    CHECK(value_of(*form, "url") == "https://example.com/a b");
    CHECK(value_of(*form, "api_key") == "k");
    CHECK(form->fields.parts().size() == 4);
    CHECK(box.told("tags=one", in_text) == "422 bad_parameter");
    CHECK(box.told("", in_text) == "422 bad_parameter");
    CHECK(box.told("sample=MZ", in_text) == "422 bad_parameter");
    CHECK(box.told("url=%zz", in_text) == "400 bad_query");
    CHECK(box.told("url=" + std::string(70'000, 'x'), in_text) == "400 bad_query");
    CHECK(box.told("url=" + std::string(300'000, 'x'), in_text) == "413 form_too_large");
    CHECK(box.told("{}", "application/json") == "415 unsupported_media_type");
    CHECK(box.told("{}", "") == "415 unsupported_media_type");
    CHECK(box.told(end_of_form, "multipart/form-data") == "400 bad_form");
}

TEST_CASE("what is malformed, too much or no text is refused, and nothing of it stays") {
    Box box;
    const std::string whole = file(std::string(600'000, 'x'));
    CHECK(box.told(whole) == "400 bad_form");
    CHECK(box.told(whole + "--xY") == "400 bad_form");
    CHECK(box.told(whole + "--xYoh\r\n") == "400 bad_form");
    CHECK(box.told("no form at all") == "400 bad_form");
    CHECK(box.told("") == "400 bad_form");
    CHECK(box.told(whole + field("tags", "\xFF") + end_of_form) == "422 bad_parameter");
    CHECK(box.told(whole + field("tags", std::string(1, '\0')) + end_of_form) == "422 bad_parameter");
    CHECK(box.told(whole + field("tags", std::string(65'536, 'x')) + end_of_form) == "200");
    CHECK(box.told(whole + field("tags", std::string(65'537, 'x')) + end_of_form) == "413 form_too_large");
    std::string fields;
    for (int i = 0; i < 4; ++i)
        fields += field("tags", std::string(65'536, 'x'));
    CHECK(box.told(whole + fields + end_of_form) == "200");
    CHECK(box.told(whole + fields + field("tags", "x") + end_of_form) == "413 form_too_large");
    std::string many;
    for (int i = 0; i < 255; ++i)
        many += field("tags", "x");
    CHECK(box.told(whole + many + end_of_form) == "200");
    many += field("tags", "x");
    CHECK(box.told(whole + many + end_of_form) == "413 form_too_large");
    const auto sample = box.read(whole + end_of_form);
    REQUIRE(sample);
    const std::string sha256 = sample->sample->content.sha256;
    CHECK_FALSE(box.holds_nothing());
    // Those above that were good put the same content there, which nobody holds but this one.
    CHECK_FALSE(box.store->settle(box.store->plan_removal(sha256), false).value());
}

TEST_CASE("of an upload that breaks off nothing stays") {
    const std::string body = file(std::string(600'000, 'x')) + field("tags", "one") + end_of_form;
    Box box;
    for (const auto& [status, code] : {std::pair{400U, "body_incomplete"}, std::pair{408U, "request_timeout"},
                                       std::pair{413U, "body_too_large"}, std::pair{503U, "stopping"}}) {
        for (const std::size_t come : {std::size_t{0}, std::size_t{50}, std::size_t{300'000}, body.size() - 1}) {
            Pieces pieces(std::string_view(body).substr(0, come), 1000, Refusal{status, code, "It broke off."});
            const auto form = box.read(pieces);
            REQUIRE_FALSE(form);
            CHECK(form.error().status == status);
            CHECK(form.error().code == code);
            CHECK(box.holds_nothing());
        }
    }
}

TEST_CASE("where the disk is full the client is told so and nothing else, and nothing stays") {
    Box box;
    tests::CapturedErrors errors;
    base::Log log;
    box.intake.log = &log;
    box.files.pretend_free(200'000);  // less than a piece
    const auto form = box.read(file(std::string(600'000, 'x')) + end_of_form);
    REQUIRE_FALSE(form);
    CHECK(form.error().status == 507);
    CHECK(form.error().code == "disk_full");
    CHECK(form.error().detail.find("samples") == std::string::npos);
    CHECK(errors.text().find("/samples has only 200000 bytes left") != std::string::npos);
    CHECK(box.holds_nothing());
    box.files.pretend_free(std::nullopt);
    CHECK(box.told(file(std::string(600'000, 'x')) + end_of_form) == "200");
}

TEST_CASE("whatever step of storing fails, the client gets no sample, and nothing stays") {
    const std::string body = file(std::string(600'000, 'x')) + end_of_form;
    bool stored = false;
    for (std::size_t step = 1; !stored; ++step) {
        REQUIRE(step < 30);
        Box box;
        box.files.inject(box.files.steps() + step, fault::Fault::fail_once);
        const auto form = box.read(body);
        INFO("step " << step);
        stored = form.has_value();
        if (!stored) {
            CHECK(form.error().status == 500);
            CHECK(box.holds_nothing());
        }
    }
}

TEST_CASE("who may not submit is told before its file is stored") {
    Box box;
    std::vector<std::string> asked;
    const auto ask = [](std::vector<std::string>& seen,
                        const http::Form& fields) -> asio::awaitable<Judged<samples::Sender>> {
        const auto* key = fields.find("api_key");
        seen.emplace_back(key == nullptr ? "no key" : key->value.reveal());
        if (key != nullptr && key->value.equals("wrong"))
            co_return tl::unexpected<Refusal>({401, "unauthorized", "The key is not known."});
        co_return samples::Sender::known;
    };
    box.intake.before_more = [&](const http::Form& fields) { return ask(asked, fields); };
    const std::string large = file(std::string(600'000, 'x'));
    CHECK(box.told(field("api_key", "right") + large + end_of_form) == "200");
    CHECK(box.told(large + field("api_key", "right") + end_of_form) == "200");
    CHECK(box.told(field("url", "https://example.com") + end_of_form) == "200");
    CHECK(asked == std::vector<std::string>{"right", "no key"});
    const auto used = box.store->used_bytes();
    const std::string refused = field("api_key", "wrong") + file(std::string(600'000, 'y')) + end_of_form;
    Pieces pieces(refused, 1000);
    const auto form = box.read(pieces);
    REQUIRE_FALSE(form);
    CHECK(form.error().status == 401);
    CHECK_FALSE(pieces.read_whole());
    CHECK(box.store->used_bytes() == used);
}

TEST_CASE("who sends more fields than forms have is asked for before more of them are kept") {
    Box box;
    std::size_t asked = 0;
    const auto refuse = [&](const http::Form&) -> asio::awaitable<Judged<samples::Sender>> {
        ++asked;
        co_return tl::unexpected<Refusal>({429, "too_many_requests", "Not now."});
    };
    box.intake.before_more = refuse;
    const std::string long_name = "; filename=\"" + std::string(400, 'n') + "\"";
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += field("tags\"" + long_name + "; x=\"", "x");
    for (const std::string& form : {field("tags", std::string(60'000, 'x')), many}) {
        Pieces pieces(form, 1000);
        const auto refused = box.read(pieces);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().status == 429);
        CHECK_FALSE(pieces.read_whole());
    }
    const std::string text = "tags=" + std::string(60'000, 'x');
    Pieces pieces(text, 1000);
    CHECK(box.read(pieces, in_text).error().status == 429);
    CHECK_FALSE(pieces.read_whole());
    CHECK(asked == 3);
    CHECK(box.told(field("url", "https://example.com/" + std::string(8'000, 'x')) + end_of_form) == "200");
    CHECK(box.told("url=https://example.com/" + std::string(8'000, 'x'), in_text) == "200");
    CHECK(asked == 3);
}

TEST_CASE("a file whose sender is not known when all has come is not put in its place") {
    Box box;
    box.intake.before_more = [](const http::Form&) -> asio::awaitable<Judged<samples::Sender>> {
        co_return samples::Sender::unknown;
    };
    box.intake.when_whole = [](const http::Form& fields) -> Judged<void> {
        if (fields.find("api_key") != nullptr) return {};
        return tl::unexpected<Refusal>({401, "unauthorized", "No key has come."});
    };
    const std::string large = file(std::string(600'000, 'x'));
    CHECK(box.told(large + end_of_form) == "401 unauthorized");
    CHECK(box.store->used_bytes() == 0);
    CHECK(box.holds_nothing());
    CHECK(box.told(large + field("api_key", "key") + end_of_form) == "200");
    CHECK(box.store->used_bytes() == 600'000);
}

TEST_CASE("many submissions at once are each stored as they came") {
    Box box(false);
    constexpr std::size_t count = 20;
    std::vector<std::string> bodies;
    std::vector<std::unique_ptr<Pieces>> pieces;
    std::vector<std::optional<Judged<SampleForm>>> forms(count);
    http::Request request;
    request.fields.push_back({"Content-Type", multipart});
    const auto bytes_of = [](std::size_t i) { return std::string(400'000 + i / 2, 'x'); };
    for (std::size_t i = 0; i < count; ++i)
        bodies.push_back(file(bytes_of(i)) + end_of_form);
    for (std::size_t i = 0; i < count; ++i) {
        pieces.push_back(std::make_unique<Pieces>(bodies[i], 16'000));
        const auto ended = [&forms, i](const std::exception_ptr&, Judged<SampleForm> form) {
            forms[i].emplace(std::move(form));
        };
        asio::co_spawn(box.loop.io, clean::read_sample_form(request, *pieces[i], box.intake), ended);
    }
    box.loop.run_until(
        [&] { return std::all_of(forms.begin(), forms.end(), [](const auto& form) { return form.has_value(); }); });
    for (std::size_t i = 0; i < count; ++i) {
        INFO((*forms[i] ? std::string() : (*forms[i]).error().detail));
        REQUIRE(*forms[i]);
        CHECK(box.stored(**forms[i]) == bytes_of(i));
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a submission of two hundred megabytes takes less than one of memory") {
    // Makes its bytes as it is asked.
    class Long final : public BodyReader {
    public:
        asio::awaitable<Piece> next() override {
            highest = std::max(highest, resident());
            std::optional<std::string_view> piece;
            if (!beginning_.empty()) {
                told_ = std::exchange(beginning_, "");
                piece = told_;
            } else if (left_ > 0) {
                told_.assign(16'000, 'x');
                piece = told_;
                left_ -= std::min(left_, told_.size());
            } else if (!end_.empty()) {
                told_ = std::exchange(end_, "");
                piece = told_;
            }
            co_return Piece(piece);
        }
        static std::uint64_t resident() {
            std::uint64_t total = 0;
            std::uint64_t pages = 0;
            std::ifstream("/proc/self/statm") >> total >> pages;
            return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        }
        std::uint64_t highest = 0;

    private:
        std::string beginning_ = "--xY\r\nContent-Disposition: form-data; name=sample; filename=a\r\n\r\n";
        std::string end_ = "\r\n--xY--";
        std::string told_;
        std::size_t left_ = 200UL << 20;
    };
    Box box(false);
    REQUIRE(box.read(file("what the first one needs for ever") + end_of_form));
    Long body;
    const std::uint64_t before = Long::resident();
    const auto form = box.read(body);
    REQUIRE(form);
    CHECK(form->sample->content.size >= 200UL << 20);
    INFO("grown by " << body.highest - before << " bytes");
    CHECK(body.highest - before < 1UL << 20);
}
#endif

}  // namespace sample_form_test
