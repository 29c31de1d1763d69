#include "server/clean/sample_shapes.hpp"

#include "server/http/request.hpp"

#include <algorithm>

namespace gatehouse::clean {

namespace {

using records::Behaviour;
using records::Sample;

Json number_or_null(const std::optional<std::int64_t>& number) {
    return number ? Json(*number) : Json(nullptr);
}

// Where nothing but an address was submitted there is none.
Json digest(const Sample& sample, std::string records::Content::*kind) {
    return sample.content ? Json((*sample.content).*kind) : Json(nullptr);
}

bool contains(std::string_view text, std::string_view sought) {
    const auto same = [](char a, char b) { return http::lower_letter(a) == http::lower_letter(b); };
    return std::search(text.begin(), text.end(), sought.begin(), sought.end(), same) != text.end();
}

// The names of what the words were found in, as far as that can be told.
Json matches(const Sample& sample, std::string_view words) {
    Json found = Json::array();
    if (words.empty()) return found;
    const auto look = [&](std::string_view name, std::string_view text) {
        if (!contains(text, words)) return;
        if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
    };
    look("filename", sample.filename);
    look("url", sample.url);
    look("login", sample.login);
    for (const std::string& tag : sample.tags)
        look("tags", tag);
    if (sample.content) {
        look("sha256", sample.content->sha256);
        look("sha1", sample.content->sha1);
        look("md5", sample.content->md5);
    }
    return found;
}

Json iocs(const std::vector<Behaviour>& behaviours) {
    Json list = Json::array();
    for (const Behaviour& one : behaviours) {
        list.push_back({{"ioc", one.name},
                        {"title", one.title},
                        {"severity", one.severity},
                        {"confidence", one.confidence},
                        {"description", one.detail}});
    }
    return list;
}

}  // namespace

std::string report_text(const integrations::Verdict& verdict) {
    Json facts = Json::array();
    for (const auto& fact : verdict.facts)
        facts.push_back({{"name", fact.name}, {"value", fact.value}});
    const Json report{{"engine", verdict.engine}, {"engine_version", verdict.engine_version}, {"facts", facts}};
    return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void read_report_text(std::string_view text, Findings& findings) {
    const Json report = Json::parse(text, nullptr, false);
    if (!report.is_object()) return;
    const auto text_of = [](const Json& object, const char* member) {
        const auto found = object.find(member);
        return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    findings.engine = text_of(report, "engine");
    findings.engine_version = text_of(report, "engine_version");
    const auto facts = report.find("facts");
    if (facts == report.end() || !facts->is_array()) return;
    for (const Json& fact : *facts) {
        if (fact.is_object()) findings.facts.push_back({text_of(fact, "name"), text_of(fact, "value")});
    }
}

// ---------------------------------------------------------------- the field's

Json field_submission(const Sample& sample) {
    return {{"id", sample.id},
            {"submission_id", sample.number},
            {"state", records::name(sample.state)},
            {"status", records::status_of(sample.state)},
            {"login", sample.login},
            {"filename", sample.filename},
            {"md5", digest(sample, &records::Content::md5)},
            {"sha1", digest(sample, &records::Content::sha1)},
            {"sha256", digest(sample, &records::Content::sha256)},
            {"tags", sample.tags},
            {"private", sample.owner.is_private},
            {"vm", sample.options.vm},
            {"os", sample.options.os},
            {"submitted_at", http::moment_shape(sample.submitted_at)}};
}

Json field_sample(const Sample& sample) {
    Json shape = field_submission(sample);
    shape["sample"] = sample.id;
    shape["size"] = sample.content ? Json(sample.content->size) : Json(nullptr);
    shape["url"] = http::text_or_null(sample.url);
    shape["organization_id"] = sample.owner.organization_id;
    shape["playbook"] = sample.options.playbook;
    shape["network_exit"] = sample.options.network_exit;
    shape["source"] = sample.options.source;
    shape["classify"] = sample.options.classify;
    shape["started_at"] = http::moment_or_null(sample.started_at);
    shape["completed_at"] = http::moment_or_null(sample.completed_at);
    shape["threat_score"] = number_or_null(sample.score);
    return shape;
}

Json field_state(const Sample& sample) {
    return {
        {"sample", sample.id}, {"state", records::name(sample.state)}, {"status", records::status_of(sample.state)}};
}

Json field_threat(const Sample& sample, const std::vector<Behaviour>& behaviours) {
    Json names = Json::array();
    for (const Behaviour& one : behaviours)
        names.push_back(one.name);
    return {{"sample", sample.id},
            {"score", sample.score.value_or(0)},
            {"count", behaviours.size()},
            {"max-severity", sample.severity.value_or(0)},
            {"max-confidence", sample.confidence.value_or(0)},
            {"bis", std::move(names)}};
}

Json field_summary(const Sample& sample, const records::Sightings& sightings) {
    return {{"sample", sample.id},
            {"sha256", digest(sample, &records::Content::sha256)},
            {"sha1", digest(sample, &records::Content::sha1)},
            {"md5", digest(sample, &records::Content::md5)},
            {"filename", sample.filename},
            {"first_seen", http::moment_shape(sightings.first)},
            {"last_seen", http::moment_shape(sightings.last)},
            {"state", records::name(sample.state)},
            {"status", records::status_of(sample.state)},
            {"score", number_or_null(sample.score)},
            {"login", sample.login},
            {"tags", sample.tags},
            {"private", sample.owner.is_private},
            {"submitted_at", http::moment_shape(sample.submitted_at)}};
}

Json field_hit(const Sample& sample, std::string_view words) {
    const Json item{{"sample", sample.id},
                    {"filename", sample.filename},
                    {"sha256", digest(sample, &records::Content::sha256)},
                    {"md5", digest(sample, &records::Content::md5)},
                    {"sha1", digest(sample, &records::Content::sha1)},
                    {"state", records::name(sample.state)},
                    {"status", records::status_of(sample.state)},
                    {"submitted_at", http::moment_shape(sample.submitted_at)},
                    {"login", sample.login},
                    {"tags", sample.tags},
                    {"private", sample.owner.is_private},
                    {"organization_id", sample.owner.organization_id},
                    {"analysis", {{"threat_score", number_or_null(sample.score)}}}};
    return {{"item", item}, {"score", 1}, {"matches", matches(sample, words)}};
}

Json analysis_document(const Sample& sample, const Findings& findings) {
    Json facts = Json::object();
    for (const auto& fact : findings.facts)
        facts[fact.name] = fact.value;
    const Json submitted{{"filename", sample.filename},
                         {"sha256", digest(sample, &records::Content::sha256)},
                         {"sha1", digest(sample, &records::Content::sha1)},
                         {"md5", digest(sample, &records::Content::md5)},
                         {"size", sample.content ? Json(sample.content->size) : Json(nullptr)},
                         {"url", http::text_or_null(sample.url)}};
    return {{"metadata",
             {{"sample", sample.id},
              {"submission_id", sample.number},
              {"submitted_file", submitted},
              {"submitted_at", http::moment_shape(sample.submitted_at)},
              {"started_at", http::moment_or_null(sample.started_at)},
              {"completed_at", http::moment_or_null(sample.completed_at)},
              {"login", sample.login},
              {"organization_id", sample.owner.organization_id},
              {"tags", sample.tags},
              {"private", sample.owner.is_private},
              {"vm", sample.options.vm},
              {"os", sample.options.os},
              {"playbook", sample.options.playbook},
              {"engine", {{"name", findings.engine}, {"version", findings.engine_version}, {"facts", facts}}}}},
            {"threat",
             {{"threat_score", number_or_null(sample.score)},
              {"max_severity", number_or_null(sample.severity)},
              {"max_confidence", number_or_null(sample.confidence)},
              {"count", findings.behaviours.size()}}},
            {"status",
             {{"id", sample.id}, {"state", records::name(sample.state)}, {"status", records::status_of(sample.state)}}},
            {"iocs", iocs(findings.behaviours)}};
}

// ---------------------------------------------------------------- the portal's

Json sample_shape(const Sample& sample, const std::vector<Behaviour>& behaviours, const std::string& waits_because) {
    Json list = Json::array();
    for (const Behaviour& one : behaviours) {
        list.push_back(
            {{"name", one.name}, {"title", one.title}, {"severity", one.severity}, {"confidence", one.confidence}});
    }
    const std::string& message =
        sample.state == records::SampleState::wait && sample.message.empty() ? waits_because : sample.message;
    return {{"id", sample.id},
            {"submission_id", sample.number},
            {"filename", sample.filename},
            {"sha256", digest(sample, &records::Content::sha256)},
            {"sha1", digest(sample, &records::Content::sha1)},
            {"md5", digest(sample, &records::Content::md5)},
            {"size", sample.content ? sample.content->size : 0},
            {"state", records::name(sample.state)},
            {"status", records::status_of(sample.state)},
            {"submitted_at", http::moment_shape(sample.submitted_at)},
            {"started_at", http::moment_or_null(sample.started_at)},
            {"completed_at", http::moment_or_null(sample.completed_at)},
            {"login", sample.login},
            {"organization_id", sample.owner.organization_id},
            {"private", sample.owner.is_private},
            {"tags", sample.tags},
            {"vm", sample.options.vm},
            {"os", sample.options.os},
            {"score", number_or_null(sample.score)},
            {"severity", number_or_null(sample.severity)},
            {"behaviours", std::move(list)},
            {"message", http::text_or_null(message)}};
}

}  // namespace gatehouse::clean
