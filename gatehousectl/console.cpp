#include "gatehousectl/console.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl {

namespace {

using Json = nlohmann::json;

Json parsed(std::string_view text) {
    Json value = Json::parse(text, nullptr, false);
    return value.is_discarded() ? Json() : value;
}

bool is_json(const ResponseHead& head) {
    const std::string_view type = head.field("content-type");
    return type.substr(0, type.find(';')) == "application/json";
}

// The daemon may have several sentences, a line for each.
std::string indented_lines(std::string_view text) {
    std::string out;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        out += base::printable(text.substr(0, end)) + "\n  ";
        text.remove_prefix(end + 1);
    }
    return out + base::printable(text);
}

}  // namespace

Outcome<Answer> Console::call(const Request& request) const {
    auto response = client_.send(request);
    if (!response) return tl::unexpected(response.error());
    const int status = response->head.status;
    if (status < 200 || status > 299) return tl::unexpected(refusal(status, response->body));
    Json value;
    if (is_json(response->head)) {
        value = parsed(response->body);
        if (value.is_null()) {
            return unreachable("daemon_unknown", "The daemon's answer is no JSON.",
                               "Name the daemon's console_socket with --socket PATH.");
        }
    }
    return Answer{std::move(response->body), std::make_shared<const Json>(std::move(value))};
}

Outcome<Answer> Console::get(std::string target) const {
    return send("GET", std::move(target));
}

Outcome<Answer> Console::send(std::string method, std::string target) const {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    return call(request);
}

Outcome<Answer> Console::send(std::string method, std::string target, const Json& body) const {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.content_type = "application/json";
    // What is no UTF-8 comes from the command line; the daemon says which member it does not like.
    request.body = base::Secret(body.dump(-1, ' ', false, Json::error_handler_t::replace));
    return call(request);
}

Outcome<Answer> Console::list(std::initializer_list<std::string_view> segments) const {
    constexpr int most_pages = 1000;
    Json all{{"items", Json::array()}, {"next", nullptr}};
    std::string cursor;
    for (int page = 0; page < most_pages; ++page) {
        auto answer = get(target(segments, {{"limit", "1000"}, {"cursor", cursor}}));
        if (!answer || json_) return answer;
        for (const Json& item : part_of(**answer, "items"))
            all["items"].push_back(item);
        cursor = text_in(**answer, "next");
        if (cursor.empty()) break;
    }
    return Answer{{}, std::make_shared<const Json>(std::move(all))};
}

void Console::print_as_it_came(const Answer& answer) const {
    out_ << answer.body;
    if (!answer.body.empty() && !answer.body.ends_with('\n')) out_ << '\n';
}

Failure refusal(int status, std::string_view body) {
    const Json problem = parsed(body);
    Failure failure;
    failure.error.kind = base::ErrorKind::input;
    failure.error.code = cell(problem, "code");
    failure.error.message = text_in(problem, "detail");
    if (failure.error.message.empty()) {
        const std::string title = text_in(problem, "title");
        failure.error.message =
            "The daemon answered " + std::to_string(status) + (title.empty() ? "" : " " + title) + ".";
    }
    if (const std::string pointer = text_in(problem, "pointer"); !pointer.empty()) {
        failure.error.message += " (" + pointer + ")";
    }
    failure.findings = findings_in(problem, "findings");
    failure.body = body;
    return failure;
}

int report(const Failure& failure, bool json, std::size_t width, std::ostream& out, std::ostream& err) {
    if (json && !failure.body.empty()) {
        out << failure.body << (failure.body.ends_with('\n') ? "" : "\n");
        return static_cast<int>(failure.exit);
    }
    err << "gatehousectl: " << indented_lines(failure.error.text());
    if (!failure.body.empty()) err << " [" << base::printable(failure.error.code) << "]";
    err << '\n' << findings_text(failure.findings, width, 2);
    return static_cast<int>(failure.exit);
}

std::string findings_text(const std::vector<Finding>& findings, std::size_t width, std::size_t indent) {
    Table table({{""}, {""}, {"", Align::left, true}});
    for (const Finding& finding : findings) {
        table.add({finding.severity, finding.code,
                   finding.advice.empty() ? finding.message : finding.message + " " + finding.advice});
    }
    return table.text(width, indent);
}

}  // namespace gatehouse::gatehousectl
