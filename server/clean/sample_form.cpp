#include "server/clean/sample_form.hpp"

#include "base/printable.hpp"
#include "base/utf8.hpp"
#include "config/json_text.hpp"
#include "config/secret_json.hpp"
#include "server/http/accept.hpp"
#include "server/http/query.hpp"
#include "server/net/buffers.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gatehouse::clean {

namespace asio = boost::asio;
using http::Judged;
using http::Refusal;

namespace {

constexpr std::string_view sample_name = "sample";
constexpr std::string_view url_name = "url";
constexpr std::size_t piece_bytes = 256UL * 1024;                         // what is hashed and written at once
constexpr std::size_t room_bytes = piece_bytes + net::BufferPool::small;  // one piece of the body more

tl::unexpected<Refusal> refuse(unsigned status, std::string code, std::string detail) {
    return tl::unexpected<Refusal>({status, std::move(code), std::move(detail)});
}

// Keeps the fields, and what has come of the file and is not stored yet.
class Parts final : public http::PartSink {
public:
    explicit Parts(const SampleFormLimits& limits) : limits_(limits) {}

    Judged<void> begin_part(http::PartHeader header) override {
        in_sample_ = header.name == sample_name;
        if (!in_sample_) {
            kept_bytes_ += sizeof(http::FormPart) + header.name.size() + header.filename.value_or("").size() +
                           header.content_type.size();
            field_.emplace(std::min(limits_.field_bytes, limits_.all_fields_bytes - fields_bytes_));
            return field_->begin_part(std::move(header));
        }
        if (sample_) return refuse(422, "bad_parameter", "The part \"sample\" of the form is there more than once.");
        sample_ = std::move(header);
        return {};
    }
    Judged<void> data(std::string_view bytes) override {
        if (!in_sample_) {
            kept_bytes_ += bytes.size();
            return field_->data(bytes);
        }
        sample_bytes_ += bytes.size();
        waiting_ += bytes;
        return {};
    }
    Judged<void> end_part() override {
        if (in_sample_) return {};
        if (auto ended = field_->end_part(); !ended) return ended;
        std::vector<http::FormPart> one = field_->take().take();
        const http::FormPart& field = one.front();
        if (!base::is_utf8(field.value.reveal()) || field.value.reveal().find('\0') != std::string_view::npos) {
            return refuse(422, "bad_parameter",
                          "The part " + config::in_quotes(field.header.name) +
                              " of the form is no text in UTF-8. A file is sent as the part \"sample\".");
        }
        fields_bytes_ += field.value.size();
        fields_.push_back(std::move(one.front()));
        return {};
    }
    Judged<void> end_form() override { return {}; }

    // A browser sends a file that was not chosen as one without name and bytes.
    [[nodiscard]] bool has_sample() const {
        return sample_ && (sample_bytes_ > 0 || !sample_->filename.value_or("").empty());
    }
    [[nodiscard]] const http::PartHeader& sample() const { return *sample_; }
    [[nodiscard]] std::uint64_t sample_bytes() const { return sample_bytes_; }
    [[nodiscard]] std::string& waiting() { return waiting_; }
    [[nodiscard]] std::vector<http::FormPart>& fields() { return fields_; }
    // What fields take, with the one that is not whole yet.
    [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

private:
    const SampleFormLimits& limits_;
    std::optional<http::PartHeader> sample_;
    bool in_sample_ = false;
    std::uint64_t sample_bytes_ = 0;
    std::string waiting_;
    std::optional<http::FormCollector> field_;  // the present part
    std::vector<http::FormPart> fields_;
    std::size_t fields_bytes_ = 0;  // of their values
    std::size_t kept_bytes_ = 0;
};

// One submission under way.
struct Reading {
    const SampleIntake& intake;
    Parts parts;
    std::optional<samples::SampleStore::Incoming> incoming{};
    std::optional<samples::Sender> sender{};  // as was told last; nullopt: nobody was asked
};

// Slow work of a submission. Their number is bounded by the store, so none is turned away half way.
template <class Work>
asio::awaitable<Judged<void>> slowly(const SampleIntake& intake, Work work) {
    base::Result<void> done = co_await intake.pool.run(std::move(work), net::Queueing::always);
    if (!done) co_return tl::unexpected<Refusal>(store_refusal(done.error(), intake.log));
    co_return Judged<void>();
}

asio::awaitable<Judged<void>> ask_before_more(Reading& reading) {
    reading.sender = samples::Sender::known;
    if (!reading.intake.before_more) co_return Judged<void>();
    http::Form so_far(std::move(reading.parts.fields()));
    Judged<samples::Sender> judged = co_await reading.intake.before_more(so_far);
    reading.parts.fields() = std::move(so_far).take();
    if (!judged) co_return tl::unexpected<Refusal>(std::move(judged.error()));
    reading.sender = *judged;
    co_return Judged<void>();
}

// Stores what waits, where it is enough for a piece or the last of it.
asio::awaitable<Judged<void>> store_waiting(Reading& reading, bool last) {
    std::string& waiting = reading.parts.waiting();
    if (waiting.empty()) co_return Judged<void>();
    if (!reading.incoming) {
        Judged<void> asked = co_await ask_before_more(reading);
        if (!asked) co_return asked;
        const auto begin = [&reading]() -> base::Result<void> {
            auto begun = reading.intake.store.begin(*reading.sender);
            if (!begun) return base::fail(std::move(begun.error()));
            reading.incoming.emplace(std::move(*begun));
            return {};
        };
        Judged<void> begun = co_await slowly(reading.intake, begin);
        if (!begun) co_return begun;
        waiting.reserve(room_bytes);
    }
    if (waiting.size() < piece_bytes && !last) co_return Judged<void>();
    const auto append = [&reading] { return reading.incoming->append(reading.parts.waiting()); };
    Judged<void> appended = co_await slowly(reading.intake, append);
    waiting.clear();
    co_return appended;
}

asio::awaitable<Judged<void>> read_parts(Reading& reading, http::BodyReader& body, http::MultipartParser& parser) {
    for (;;) {
        http::BodyReader::Piece piece = co_await body.next();
        if (!piece) co_return tl::unexpected<Refusal>(std::move(piece.error()));
        if (!*piece) break;
        Judged<void> fed = parser.feed(**piece);
        if (!fed) co_return fed;
        if (!reading.sender && reading.parts.kept_bytes() > reading.intake.limits.unasked_bytes) {
            Judged<void> asked = co_await ask_before_more(reading);
            if (!asked) co_return asked;
        }
        Judged<void> stored = co_await store_waiting(reading, false);
        if (!stored) co_return stored;
    }
    Judged<void> finished = parser.finish();
    if (!finished) co_return finished;
    Judged<void> stored = co_await store_waiting(reading, true);
    co_return stored;
}

bool says_something(const http::FormPart* field) {
    return field != nullptr && !field->value.empty();
}

// What a submission must be about: one file or one address.
Judged<void> judge_subject(const http::Request& request, const SampleForm& form, bool has_sample) {
    const auto query = http::Query::parse(request.query);
    if (!query) return tl::unexpected<Refusal>(query.error());
    const auto in_query = query->one(url_name);
    if (!in_query) return tl::unexpected<Refusal>(in_query.error());
    const bool has_url = says_something(form.fields.find(url_name)) || (*in_query != nullptr && !(*in_query)->empty());
    if (has_sample && has_url)
        return refuse(422, "bad_parameter", "A submission is either a file (\"sample\") or a \"url\", not both.");
    if (!has_sample && !has_url) {
        return refuse(422, "bad_parameter",
                      "There is neither a file in a part \"sample\" of the form nor a parameter \"url\".");
    }
    return {};
}

asio::awaitable<Judged<SampleForm>> finish(Reading& reading, const http::Request& request) {
    Parts& parts = reading.parts;
    SampleForm form;
    form.fields = http::Form(std::move(parts.fields()));
    const bool has_sample = parts.has_sample();
    Judged<void> judged = judge_subject(request, form, has_sample);
    if (!judged) co_return tl::unexpected<Refusal>(std::move(judged.error()));
    if (!has_sample) co_return form;
    if (parts.sample_bytes() == 0) co_return refuse(422, "sample_empty", "The file is empty.");
    Judged<void> whole = reading.intake.when_whole ? reading.intake.when_whole(form.fields) : Judged<void>();
    if (!whole) co_return tl::unexpected<Refusal>(std::move(whole.error()));
    const auto put_in_place = [&reading, &form]() -> base::Result<void> {
        auto held = reading.incoming->finish();
        if (!held) return base::fail(std::move(held.error()));
        form.sample.emplace(std::move(*held));
        reading.incoming.reset();
        return {};
    };
    Judged<void> finished = co_await slowly(reading.intake, put_in_place);
    if (!finished) co_return tl::unexpected<Refusal>(std::move(finished.error()));
    form.filename = shown_file_name(parts.sample().filename.value_or(""));
    form.content_type = parts.sample().content_type;
    co_return form;
}

// What was begun is removed on the pool's thread; where the pool ends, with its Reading.
asio::awaitable<void> discard(Reading& reading) {
    if (!reading.incoming) co_return;
    const auto remove = [&reading]() -> base::Result<void> {
        reading.incoming.reset();
        return {};
    };
    (void)co_await slowly(reading.intake, remove);
}

asio::awaitable<Judged<SampleForm>> read_multipart(const http::Request& request, http::BodyReader& body,
                                                   const SampleIntake& intake) {
    const Judged<std::string> boundary = http::form_boundary(request);
    if (!boundary) co_return tl::unexpected<Refusal>(boundary.error());
    Reading reading{intake, Parts(intake.limits)};
    http::MultipartParser parser(*boundary, intake.limits.multipart, reading.parts);
    Judged<void> read = co_await read_parts(reading, body, parser);
    if (!read) {
        co_await discard(reading);
        co_return tl::unexpected<Refusal>(std::move(read.error()));
    }
    Judged<SampleForm> form = co_await finish(reading, request);
    if (!form) co_await discard(reading);
    co_return form;
}

// A form without a file is small: it is read whole. What is known of its fields before that may be cut anywhere.
asio::awaitable<Judged<SampleForm>> read_fields(const http::Request& request, http::BodyReader& body,
                                                const SampleIntake& intake) {
    const SampleFormLimits& limits = intake.limits;
    const http::Form none_so_far{std::vector<http::FormPart>()};
    bool asked = !intake.before_more;
    config::SecretString text;
    for (;;) {
        http::BodyReader::Piece piece = co_await body.next();
        if (!piece) co_return tl::unexpected<Refusal>(std::move(piece.error()));
        if (!*piece) break;
        if ((*piece)->size() > limits.all_fields_bytes - text.size())
            co_return refuse(413, "form_too_large", "The form is larger than this address takes.");
        if (!asked && text.size() + (*piece)->size() > limits.unasked_bytes) {
            const Judged<samples::Sender> judged = co_await intake.before_more(none_so_far);
            if (!judged) co_return tl::unexpected<Refusal>(judged.error());
            asked = true;
        }
        text.append((*piece)->data(), (*piece)->size());
    }
    const http::QueryLimits most{limits.multipart.parts, limits.field_bytes};
    const Judged<http::Query> query = http::Query::parse({text.data(), text.size()}, most);
    if (!query) co_return tl::unexpected<Refusal>(query.error());
    std::vector<http::FormPart> fields;
    for (const auto& [name, value] : query->parameters()) {
        if (name == sample_name)
            co_return refuse(422, "bad_parameter", "A file (\"sample\") is sent as multipart/form-data.");
        http::FormPart field;
        field.header.name = name;
        field.value = base::Secret(std::string_view(value));
        fields.push_back(std::move(field));
    }
    SampleForm form;
    form.fields = http::Form(std::move(fields));
    Judged<void> judged = judge_subject(request, form, false);
    if (!judged) co_return tl::unexpected<Refusal>(std::move(judged.error()));
    co_return form;
}

// A request without a body may have an address in its query.
asio::awaitable<Judged<SampleForm>> read_no_body(const http::Request& request, http::BodyReader& body) {
    const http::BodyReader::Piece piece = co_await body.next();
    if (!piece) co_return tl::unexpected<Refusal>(piece.error());
    if (*piece) co_return tl::unexpected<Refusal>(http::form_boundary(request).error());
    SampleForm form;
    Judged<void> judged = judge_subject(request, form, false);
    if (!judged) co_return tl::unexpected<Refusal>(std::move(judged.error()));
    co_return form;
}

}  // namespace

Refusal store_refusal(const base::Error& error, base::Log* log) {
    const bool is_load = error.kind == base::ErrorKind::unavailable;
    const bool is_quota = error.code == "quota_reached";
    if (is_quota) return {http::status_of(error), error.code, "The samples take all the room that they may."};
    if (!is_load && log != nullptr) log->error("sample.not_stored", error.text(), {{"code", error.code}});
    const unsigned status = http::status_of(error);
    if (is_load) return {status, error.code, error.text()};
    if (error.code == "disk_full") return {status, error.code, "There is no room for the file at present."};
    return {status, error.code, {}};
}

std::optional<std::string> shown_file_name(std::string_view told) {
    const auto cut = told.find_last_of("/\\");
    if (cut != std::string_view::npos) told.remove_prefix(cut + 1);
    if (told.empty() || told == "." || told == "..") return std::nullopt;
    return base::printable(told);
}

asio::awaitable<Judged<SampleForm>> read_sample_form(const http::Request& request, http::BodyReader& body,
                                                     const SampleIntake& intake) {
    switch (http::body_type(request)) {
        case http::BodyType::form:
            return read_fields(request, body, intake);
        case http::BodyType::untold:
            return read_no_body(request, body);
        default:
            return read_multipart(request, body, intake);
    }
}

}  // namespace gatehouse::clean
