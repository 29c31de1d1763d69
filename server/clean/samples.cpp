#include "server/clean/samples.hpp"

#include "records/sample_tags.hpp"
#include "records/samples.hpp"
#include "server/clean/field_searches.hpp"
#include "server/clean/paging.hpp"
#include "server/clean/sample_views.hpp"
#include "server/clean/submission.hpp"
#include "server/http/json_body.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::Database;
using records::SampleSort;
using records::SampleState;

std::string id_of(const http::Request& request) {
    return std::string(request.parameter("id"));
}

Json shape_of(const SampleServices& samples, const records::Sample& sample,
              const std::vector<records::Behaviour>& behaviours) {
    return sample_shape(sample, behaviours, samples.engine().message);
}

// ---- the list

struct ListedSamples {
    records::SampleFilter filter;
    records::SamplePaging paging;
};

http::Judged<ListedSamples> read_samples_list(const http::Request& request) {
    constexpr unsigned unprocessable = 422;
    constexpr std::int64_t highest = 100;
    auto wanted_list =
        read_query<ListedSamples>(request, {"search", "state", "mine", "min_score", "sort", "order", "limit", "cursor"},
                                  [](Reader& query, ListedSamples& wanted) {
                                      std::string words;
                                      query.text("search", words);
                                      if (!words.empty()) wanted.filter.words = std::move(words);
                                      query.choice("state", wanted.filter.state,
                                                   {{"wait", SampleState::wait},
                                                    {"prep", SampleState::prep},
                                                    {"run", SampleState::run},
                                                    {"proc", SampleState::proc},
                                                    {"succ", SampleState::succ},
                                                    {"fail", SampleState::fail}});
                                      std::optional<bool> mine;
                                      query.boolean("mine", mine);
                                      wanted.filter.own_only = mine.value_or(false);
                                      query.whole("min_score", wanted.filter.min_score, 0);
                                      query.choice("sort", wanted.paging.sort,
                                                   {{"submitted_at", SampleSort::submitted_at},
                                                    {"filename", SampleSort::filename},
                                                    {"score", SampleSort::score}});
                                      wanted.paging.descending = wanted.paging.sort != SampleSort::filename;
                                      query.choice("order", wanted.paging.descending, {{"asc", false}, {"desc", true}});
                                      Page page;
                                      query.page(page);
                                      wanted.paging.cursor = std::move(page.cursor);
                                      wanted.paging.limit = page.limit;
                                  });
    if (wanted_list && wanted_list->filter.min_score.value_or(0) > highest) {
        return tl::unexpected<http::Refusal>(
            {unprocessable, "bad_parameter", "The parameter min_score is a number from 0 to 100."});
    }
    return wanted_list;
}

// The behaviours of each: a page has few samples, and fewer that were judged.
struct Listed {
    records::SamplePage page;
    std::vector<std::vector<records::Behaviour>> behaviours;
};

base::Result<Listed> find_page(Database& database, const records::Viewer& viewer, const ListedSamples& wanted) {
    records::Samples samples(database);
    auto page = samples.page(viewer, wanted.filter, wanted.paging);
    if (!page) return base::fail(page.error());
    Listed listed{std::move(*page), {}};
    for (const auto& sample : listed.page.samples) {
        if (!sample.severity) {
            listed.behaviours.emplace_back();
            continue;
        }
        auto behaviours = samples.behaviours(viewer, sample.id);
        if (!behaviours) return base::fail(behaviours.error());
        listed.behaviours.push_back(std::move(*behaviours));
    }
    return listed;
}

http::Later list(const SampleServices& samples, const http::Request& request) {
    const auto wanted = read_samples_list(request);
    if (!wanted) co_return http::problem(wanted.error());
    const auto viewer = viewer_of(signed_in(request).member->user);
    const auto listed =
        co_await samples.door.archive->run([&](Database& database) { return find_page(database, viewer, *wanted); });
    if (!listed) co_return page_refusal(listed.error());
    Json items = Json::array();
    for (std::size_t i = 0; i < listed->page.samples.size(); ++i)
        items.push_back(shape_of(samples, listed->page.samples[i], listed->behaviours[i]));
    co_return http::list_response(std::move(items), listed->page.next);
}

// ---- one

http::Later submit(const SampleServices& samples, const http::Request& request, http::BodyReader& body) {
    auto sample = co_await submit_signed_in(samples, request, body);
    if (!sample) co_return std::move(sample.error());
    co_return http::json_response(shape_of(samples, *sample, {}), 201);
}

http::Later show(const SampleServices& samples, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto examined = co_await examine_sample(samples, asking, id_of(request), Stage::any);
    if (!examined) co_return http::problem(examined.error());
    co_return http::json_response(shape_of(samples, examined->sample, examined->findings.behaviours));
}

http::Later show_report(const SampleServices& samples, const http::Request& request) {
    return answer_report(samples, signed_in(request), id_of(request));
}
http::Later show_analysis(const SampleServices& samples, const http::Request& request) {
    return answer_analysis(samples, signed_in(request), id_of(request));
}
http::Later download(const SampleServices& samples, const http::Request& request) {
    return answer_archive(samples, signed_in(request), id_of(request));
}

// ---- tags

http::Later add_tag(const SampleServices& samples, const http::Request& request) {
    std::string tag;
    const auto read =
        http::read_json(request, [&](http::JsonObject& body) { body.text("tag", tag, {.least = 1, .most = 128}); });
    if (!read) co_return http::problem(read.error());
    const Asking asking = signed_in(request);
    const auto viewer = viewer_of(asking.member->user);
    const std::string id = id_of(request);
    const auto added = co_await samples.door.archive->run(
        [&](Database& database) { return records::SampleTags(database).add(viewer, id, tag); });
    if (!added) co_return http::refused(added.error(), {{"tag_invalid", "/tag"}});
    co_return co_await show(samples, request);
}

http::Later remove_tag(const SampleServices& samples, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto viewer = viewer_of(asking.member->user);
    const std::string id = id_of(request);
    const std::string tag(request.parameter("tag"));
    const auto removed = co_await samples.door.archive->run(
        [&](Database& database) { return records::SampleTags(database).remove(viewer, id, tag); });
    if (!removed) co_return http::refused(removed.error());
    co_return http::no_content();
}

// ---- the appliance

http::Response show_appliance(const SampleServices& samples, const http::Request& /*the same for all*/) {
    const auto engine = samples.engine();
    const auto settings = samples.storage.settings();
    return http::json_response(
        {{"hostname", samples.hostname()},
         {"product", "Gatehouse " GATEHOUSE_VERSION},
         {"analysis", {{"engine", engine.configured}, {"reachable", engine.reachable}, {"message", engine.message}}},
         {"samples",
          {{"body_bytes", settings.body_bytes},
           {"used_bytes", samples.storage.store->used_bytes()},
           {"quota_bytes", settings.quota_bytes}}}});
}

}  // namespace

void add_sample_routes(std::vector<http::Route>& routes, const SampleServices& samples) {
    using http::Access;
    using http::Method;
    const std::uint64_t body_bytes = samples.storage.settings().body_bytes;
    const auto post = [&samples](const http::Request& request, http::BodyReader& body) {
        return submit(samples, request, body);
    };
    routes.push_back({Method::get, "/api/v1/samples", Access::read, 0, on_request(samples, list)});
    routes.push_back({Method::post, "/api/v1/samples", Access::read, body_bytes, http::StreamHandler(post)});
    routes.push_back({Method::get, "/api/v1/samples/{id}", Access::read, 0, on_request(samples, show)});
    routes.push_back(
        {Method::get, "/api/v1/samples/{id}/report.html", Access::read, 0, on_request(samples, show_report)});
    routes.push_back(
        {Method::get, "/api/v1/samples/{id}/analysis.json", Access::read, 0, on_request(samples, show_analysis)});
    routes.push_back({Method::get, "/api/v1/samples/{id}/sample.zip", Access::read, 0, on_request(samples, download)});
    routes.push_back(
        {Method::post, "/api/v1/samples/{id}/tags", Access::read, most_json_bytes, on_request(samples, add_tag)});
    routes.push_back(
        {Method::delete_, "/api/v1/samples/{id}/tags/{tag}", Access::read, 0, on_request(samples, remove_tag)});
}

void add_appliance_route(std::vector<http::Route>& routes, const SampleServices& samples) {
    routes.push_back(
        {http::Method::get, "/api/v1/appliance", http::Access::read, 0, on_request(samples, show_appliance)});
}

}  // namespace gatehouse::clean
