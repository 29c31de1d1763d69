#include "server/clean/sample_views.hpp"

#include "server/clean/sample_report.hpp"
#include "server/integrations/sample_archive.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;
using records::Sample;

Result<Examined> examine(Database& database, const records::Viewer& viewer, const std::string& id, Stage stage) {
    records::Samples samples(database);
    auto sample = samples.find(viewer, id);
    if (!sample) return base::fail(sample.error());
    if (stage == Stage::judged && sample->state != records::SampleState::succ) {
        return base::fail(base::ErrorKind::not_found, "no_report",
                          sample->state == records::SampleState::fail
                              ? "There is no report: the analysis of this sample failed."
                              : "There is no report yet: this sample was not analyzed so far.");
    }
    Examined examined{std::move(*sample), {}};
    auto behaviours = samples.behaviours(viewer, id);
    if (!behaviours) return base::fail(behaviours.error());
    examined.findings.behaviours = std::move(*behaviours);
    const auto report = samples.report(viewer, id);
    if (!report) return base::fail(report.error());
    read_report_text(*report, examined.findings);
    return examined;
}

// ---- the archive

struct Packed {
    std::shared_ptr<const http::OpenFile> file;
    std::uint64_t size = 0;
};

// An archive until it is fetched, however slowly that is.
struct Fetched {
    Fetched(Places::Place&& its_place, int descriptor) : place(std::move(its_place)), file(descriptor) {}
    Places::Place place;
    http::OpenFile file;
};

Result<Packed> pack(const SampleServices& samples, const records::Content& content, Places::Place place) {
    const auto size = static_cast<std::uint64_t>(content.size);
    if (!samples.door.files.link_facts(samples.storage.store->place(content.sha256)))
        return base::fail(base::ErrorKind::not_found, "no_file", "The file of this sample is lost.");
    // What a download takes for a while must not be what keeps the rest of the box from writing.
    const auto free = samples.door.files.free_bytes(samples.storage.folder);
    if (!free) return base::fail(free.error());
    if (*free < size + samples.storage.settings().free_bytes) {
        return base::fail(
            base::ErrorKind::io, "disk_full",
            "There is no room to pack " + std::to_string(size) + " bytes in " + samples.storage.folder.string() + ".",
            "Make room on its file system.");
    }
    auto made = integrations::make_sample_archive({.sample = samples.storage.store->place(content.sha256),
                                                   .size = size,
                                                   .name = content.sha256,
                                                   .folder = samples.storage.folder});
    if (!made) return base::fail(made.error());
    const auto fetched = std::make_shared<const Fetched>(std::move(place), made->file.release());
    return Packed{{fetched, &fetched->file}, made->size};
}

boost::asio::awaitable<Result<Packed>> fetch(const SampleServices& samples, const Asking& asking,
                                             const std::string& id) {
    const auto sample = co_await see_sample(samples, asking, id);
    if (!sample) co_return base::fail(sample.error());
    if (!sample->content)
        co_return base::fail(base::ErrorKind::not_found, "no_file", "No file belongs to this sample.");
    auto place = samples.downloads.take(std::to_string(asking.member->user.id));
    if (!place) {
        co_return base::fail(base::ErrorKind::unavailable, "too_many_downloads",
                             "As many samples are being fetched already as may be at once.",
                             "Fetch the next when one is done.");
    }
    co_return co_await samples.packing.run([&] { return pack(samples, *sample->content, std::move(*place)); });
}

http::Response too_many_downloads(const base::Error& error) {
    auto response = http::problem(429, error.code, error.text());
    response.fields.emplace_back("Retry-After", "10");
    return response;
}

http::Response archive_response(const std::string& id, Packed packed) {
    http::Response response;
    response.fields = {{"Content-Type", "application/zip"},
                       {"Content-Disposition", "attachment; filename=\"" + id + ".zip\""},
                       {"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"},
                       {"Content-Security-Policy", "sandbox"}};
    response.body = http::FileBody{std::move(packed.file), 0, packed.size};
    return response;
}

}  // namespace

Seen<Sample> see_sample(const SampleServices& samples, const Asking& asking, std::string id) {
    const auto viewer = viewer_of(asking.member->user);
    co_return co_await samples.door.archive->run(
        [&](Database& database) { return records::Samples(database).find(viewer, id); });
}

Seen<Examined> examine_sample(const SampleServices& samples, const Asking& asking, std::string id, Stage stage) {
    const auto viewer = viewer_of(asking.member->user);
    co_return co_await samples.door.archive->run(
        [&](Database& database) { return examine(database, viewer, id, stage); });
}

http::Later answer_report(const SampleServices& samples, Asking asking, std::string id) {
    const auto examined = co_await examine_sample(samples, asking, std::move(id), Stage::judged);
    if (!examined) co_return http::problem(examined.error());
    http::Response response;
    response.fields = {{"Content-Type", "text/html; charset=utf-8"},
                       {"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"},
                       {"Referrer-Policy", "no-referrer"},
                       {"Content-Security-Policy", report_policy()}};
    response.body = report_page(examined->sample, examined->findings);
    co_return response;
}

http::Later answer_analysis(const SampleServices& samples, Asking asking, std::string id) {
    const auto examined = co_await examine_sample(samples, asking, std::move(id), Stage::judged);
    if (!examined) co_return http::problem(examined.error());
    co_return http::json_response(analysis_document(examined->sample, examined->findings));
}

http::Later answer_archive(const SampleServices& samples, Asking asking, std::string id) {
    // Each is recorded.
    const records::User& user = asking.member->user;
    const bool administers = user.role == records::UserRole::admin;
    if (!administers && !samples.door.download_pace.take(user.login, std::chrono::steady_clock::now()))
        co_return http::too_many(std::chrono::seconds(1));
    auto packed = co_await fetch(samples, asking, id);
    if (!packed && packed.error().code == "too_many_downloads") co_return too_many_downloads(packed.error());
    if (!packed) {
        archive::log_failure(samples.door.log, "sample.downloaded", packed.error());
        co_return http::problem(packed.error());
    }
    Note note{.action = "sample.downloaded", .object = id};
    archive::Note entry = entry_of(asking, std::move(note));
    co_await archive::note(trail_of(samples.door), asking.request, std::move(entry));
    co_return archive_response(id, std::move(*packed));
}

}  // namespace gatehouse::clean
