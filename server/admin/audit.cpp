#include "server/admin/audit.hpp"

#include "records/audit.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/query.hpp"
#include "server/http/rfc3339.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

namespace {

struct Asked {
    records::AuditFilter filter;
    std::string cursor;
    std::size_t limit = 100;
};

http::Judged<void> read_time(const http::Query& query, std::string_view name, std::optional<records::Time>& into) {
    const auto text = query.one(name);
    if (!text) return tl::unexpected(text.error());
    if (*text == nullptr) return {};
    into = http::parse_rfc3339(**text);
    if (into) return {};
    return tl::unexpected(
        http::Refusal{422, "bad_parameter", std::string(name) + " must be a time like 2026-03-02T10:00:00Z."});
}

http::Judged<void> read_text(const http::Query& query, std::string_view name, std::optional<std::string>& into) {
    const auto text = query.one(name);
    if (!text) return tl::unexpected(text.error());
    if (*text != nullptr) into = **text;
    return {};
}

template <class Value>
http::Judged<void> read_choice(const http::Query& query, std::string_view name, std::optional<Value>& into,
                               std::initializer_list<std::pair<std::string_view, Value>> choices) {
    const auto text = query.one(name);
    if (!text) return tl::unexpected(text.error());
    if (*text == nullptr) return {};
    std::string words;
    for (const auto& [word, value] : choices) {
        if (word == **text) into = value;
        words.append(words.empty() ? "" : " or ").append(word);
    }
    if (into) return {};
    return tl::unexpected(http::Refusal{422, "bad_parameter", std::string(name) + " must be " + words + "."});
}

http::Judged<Asked> read_question(std::string_view text) {
    const auto query = http::Query::parse(text);
    if (!query) return tl::unexpected(query.error());
    Asked asked;
    std::optional<std::string> cursor;
    auto judged =
        query->only({"since", "until", "actor", "action", "interface", "result", "cursor", "limit"})
            .and_then([&] { return read_time(*query, "since", asked.filter.since); })
            .and_then([&] { return read_time(*query, "until", asked.filter.until); })
            .and_then([&] { return read_text(*query, "actor", asked.filter.actor); })
            .and_then([&] { return read_text(*query, "action", asked.filter.action); })
            .and_then([&] {
                return read_choice(*query, "interface", asked.filter.interface,
                                   {{"clean", config::Interface::clean}, {"admin", config::Interface::admin}});
            })
            .and_then([&] {
                return read_choice(*query, "result", asked.filter.refused, {{"done", false}, {"refused", true}});
            })
            .and_then([&] { return read_text(*query, "cursor", cursor); });
    if (!judged) return tl::unexpected(judged.error());
    const auto limit = query->whole("limit", 1, records::Audit::most_of_page);
    if (!limit) return tl::unexpected(limit.error());
    asked.cursor = cursor.value_or("");
    asked.limit = static_cast<std::size_t>(limit->value_or(100));
    return asked;
}

Json record_shape(const records::AuditRecord& record) {
    const records::AuditEntry& entry = record.entry;
    Json detail = Json::parse(entry.detail, nullptr, false);
    const auto of_detail = [&](const char* name) {
        const auto found = detail.find(name);
        const bool known =
            found != detail.end() && !(found->is_string() && found->get_ref<const std::string&>().empty());
        return known ? *found : Json(nullptr);
    };
    Json shape{{"id", record.id},
               {"at", moment_shape(record.at)},
               {"actor", entry.actor},
               {"via", records::name(entry.via)},
               {"address", text_or_null(entry.address)},
               {"action", entry.action},
               {"interface", of_detail("interface")},
               {"object", text_or_null(entry.object)},
               {"result", entry.refusal.empty() ? "done" : "refused"},
               {"code", text_or_null(entry.refusal)},
               {"change_id", of_detail("change_id")},
               {"before_sha256", of_detail("before_sha256")},
               {"after_sha256", of_detail("after_sha256")}};
    if (const Json count = of_detail("count"); !count.is_null()) shape["count"] = count;
    for (const char* name : {"interface", "change_id", "before_sha256", "after_sha256", "count"})
        detail.erase(name);
    if (detail.is_object() && !detail.empty()) shape["detail"] = std::move(detail);
    return shape;
}

http::Response page_response(const records::AuditPage& page) {
    Json items = Json::array();
    for (const auto& record : page.records)
        items.push_back(record_shape(record));
    return json_response({{"items", std::move(items)}, {"next", page.next ? Json(*page.next) : Json(nullptr)}});
}

http::Later list_audit(const Services& services, const http::Request& request) {
    const auto asked = read_question(request.query);
    if (!asked) co_return http::problem(asked.error());
    const auto page = co_await services.archive->run([&](records::Database& database) {
        return records::Audit(database).list(asked->filter, asked->cursor, asked->limit);
    });
    if (!page) co_return refused(page.error());
    co_return page_response(*page);
}

}  // namespace

void add_audit_routes(std::vector<http::Route>& routes, const Services& services) {
    routes.push_back({http::Method::get, "/api/v1/audit", http::Access::read, 0, with(services, list_audit)});
}

}  // namespace gatehouse::admin
