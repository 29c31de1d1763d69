#include "server/clean/field_samples.hpp"

#include "records/sample_tags.hpp"
#include "server/clean/field_searches.hpp"
#include "server/clean/sample_tags.hpp"
#include "server/clean/sample_views.hpp"
#include "server/clean/submission.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::clean {

namespace {

using records::Database;

std::string id_of(const Visit& visit) {
    return std::string(visit.request().parameter("id"));
}

http::Later submit_to_field(const SampleServices& samples, const http::Request& request, http::BodyReader& body) {
    auto sample = co_await submit_by_key(samples, request, body);
    if (!sample) co_return std::move(sample.error());
    co_return enveloped(request, field_submission(*sample));
}

// ---- one sample

http::Later show(const SampleServices& samples, const Visit& visit) {
    const auto sample = co_await see_sample(samples, visit.asking, id_of(visit));
    if (!sample) co_return http::problem(sample.error());
    co_return enveloped(visit.request(), field_sample(*sample));
}

http::Later show_state(const SampleServices& samples, const Visit& visit) {
    const auto sample = co_await see_sample(samples, visit.asking, id_of(visit));
    if (!sample) co_return http::problem(sample.error());
    co_return enveloped(visit.request(), field_state(*sample));
}

http::Later show_threat(const SampleServices& samples, const Visit& visit) {
    const auto examined = co_await examine_sample(samples, visit.asking, id_of(visit), Stage::judged);
    if (!examined) co_return http::problem(examined.error());
    co_return enveloped(visit.request(), field_threat(examined->sample, examined->findings.behaviours));
}

http::Later show_summary(const SampleServices& samples, const Visit& visit) {
    const auto viewer = viewer_of(visit.user());
    const std::string id = id_of(visit);
    const auto summary = co_await samples.door.archive->run([&](Database& database) -> base::Result<Json> {
        records::Samples room(database);
        const auto sample = room.find(viewer, id);
        if (!sample) return base::fail(sample.error());
        const auto sightings = room.sightings(viewer, id);
        if (!sightings) return base::fail(sightings.error());
        return field_summary(*sample, *sightings);
    });
    if (!summary) co_return http::problem(summary.error());
    co_return enveloped(visit.request(), *summary);
}

http::Later show_analysis(const SampleServices& samples, const Visit& visit) {
    co_return co_await answer_analysis(samples, visit.asking, id_of(visit));
}
http::Later show_report(const SampleServices& samples, const Visit& visit) {
    co_return co_await answer_report(samples, visit.asking, id_of(visit));
}
http::Later download(const SampleServices& samples, const Visit& visit) {
    co_return co_await answer_archive(samples, visit.asking, id_of(visit));
}

// ---- several

http::Judged<std::vector<std::string>> read_ids(const Arguments& arguments) {
    constexpr unsigned unprocessable = 422;
    constexpr std::size_t most = 1000;
    const auto refuse = [](std::string detail) {
        return tl::unexpected<http::Refusal>({unprocessable, "bad_parameter", std::move(detail)});
    };
    const auto json = arguments.json("ids");
    if (!json) return tl::unexpected<http::Refusal>(json.error());
    if (!*json) return refuse("The parameter ids is missing: a JSON array of samples' ids.");
    if (!(*json)->is_array()) return refuse("The parameter ids is no JSON array.");
    if ((*json)->size() > most) return refuse("The parameter ids may have 1000 samples.");
    std::vector<std::string> ids;
    for (const auto& id : **json) {
        if (!id.is_string()) return refuse("The parameter ids holds something else than texts.");
        const auto& text = id.get_ref<const config::SecretString&>();
        ids.emplace_back(text.data(), text.size());
    }
    return ids;
}

http::Later show_states(const SampleServices& samples, const Visit& visit) {
    const auto ids = read_ids(visit.arguments);
    if (!ids) co_return http::problem(ids.error());
    const auto viewer = viewer_of(visit.user());
    const auto found = co_await samples.door.archive->run(
        [&](Database& database) { return records::Samples(database).find_all(viewer, *ids); });
    if (!found) co_return http::problem(found.error());
    Json states = Json::array();
    for (const auto& sample : *found)
        states.push_back(field_state(sample));
    co_return enveloped(visit.request(), states);
}

// ---- tags

Json tags_shape(const std::string& id, const std::vector<std::string>& tags) {
    return {{"sample", id}, {"tags", tags}};
}

http::Response tags_response(const Visit& visit, const base::Result<std::vector<std::string>>& tags) {
    if (!tags) return http::refused(tags.error());
    return enveloped(visit.request(), tags_shape(id_of(visit), *tags));
}

http::Later list_tags(const SampleServices& samples, const Visit& visit) {
    const auto viewer = viewer_of(visit.user());
    const std::string id = id_of(visit);
    co_return tags_response(visit, co_await samples.door.archive->run([&](Database& database) {
        return records::SampleTags(database).list(viewer, id);
    }));
}

// One or several: the parameter `tag`, or `tags` with commas.
http::Later add_tags(const SampleServices& samples, const Visit& visit) {
    const auto viewer = viewer_of(visit.user());
    const std::string id = id_of(visit);
    const auto wanted = tags_in(visit.arguments, {"tag", "tags"});
    if (wanted.empty()) co_return http::problem(422, "bad_parameter", "The parameter tag is missing.");
    co_return tags_response(visit, co_await samples.door.archive->run(
                                       [&](Database& database) { return add_all_tags(database, viewer, id, wanted); }));
}

http::Later remove_tag(const SampleServices& samples, const Visit& visit) {
    const auto viewer = viewer_of(visit.user());
    const std::string id = id_of(visit);
    const std::string tag(visit.request().parameter("tag"));
    co_return tags_response(visit, co_await samples.door.archive->run([&](Database& database) {
        return records::SampleTags(database).remove(viewer, id, tag);
    }));
}

}  // namespace

// The key may stand in a body, on GET too: each of these takes a small one.
void add_field_sample_routes(std::vector<http::Route>& routes, const SampleServices& samples) {
    using http::Access;
    using http::Method;
    const std::uint64_t body_bytes = samples.storage.settings().body_bytes;
    const auto post = [&samples](const http::Request& request, http::BodyReader& body) {
        return submit_to_field(samples, request, body);
    };
    const auto add = [&](Method method, const char* path, auto handler) {
        routes.push_back({method, path, Access::anyone, Arguments::most_bytes, on_visit(samples, handler)});
    };
    routes.push_back({Method::post, "/api/v2/samples", Access::anyone, body_bytes, http::StreamHandler(post)});
    add_field_search_routes(routes, samples);
    add(Method::get, "/api/v2/samples/state", show_states);
    add(Method::post, "/api/v2/samples/state", show_states);
    add(Method::get, "/api/v2/samples/{id}", show);
    add(Method::get, "/api/v2/samples/{id}/state", show_state);
    add(Method::get, "/api/v2/samples/{id}/threat", show_threat);
    add(Method::get, "/api/v2/samples/{id}/summary", show_summary);
    add(Method::get, "/api/v2/samples/{id}/analysis.json", show_analysis);
    add(Method::get, "/api/v2/samples/{id}/report.html", show_report);
    add(Method::get, "/api/v2/samples/{id}/sample.zip", download);
    // Clients use either word for all three.
    add(Method::get, "/api/v2/samples/{id}/tag", list_tags);
    add(Method::post, "/api/v2/samples/{id}/tag", add_tags);
    add(Method::delete_, "/api/v2/samples/{id}/tag/{tag}", remove_tag);
    add(Method::get, "/api/v2/samples/{id}/tags", list_tags);
    add(Method::post, "/api/v2/samples/{id}/tags", add_tags);
    add(Method::delete_, "/api/v2/samples/{id}/tags/{tag}", remove_tag);
}

}  // namespace gatehouse::clean
