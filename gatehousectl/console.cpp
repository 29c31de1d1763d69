#include "gatehousectl/console.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/tables.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ostream>
#include <set>
#include <utility>

namespace gatehouse::gatehousectl {

namespace {

using Json = nlohmann::json;

tl::unexpected<Failure> unknown(std::string message) {
    return unreachable("daemon_unknown", std::move(message), "Name the daemon's console_socket with --socket PATH.");
}

bool is_consent(int status) {
    return status >= 200 && status <= 299;
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

// Where in the API's request a problem lies -> what of the command line that was.
std::string option_at(std::string_view pointer) {
    constexpr auto options = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"/subject/common_name", "CN in --subject"},
        {"/subject/organizational_unit", "OU in --subject"},
        {"/subject/organization", "O in --subject"},
        {"/subject/locality", "L in --subject"},
        {"/subject/state", "ST in --subject"},
        {"/subject/country", "C in --subject"},
        {"/subject", "--subject"},
        {"/names", "--name"},
        {"/days", "--days"},
        {"/key_type", "--key-type"},
        {"/key", "--key"},
        {"/pkcs12", "--pkcs12"},
        {"/passphrase", "the passphrase"},
        {"/password", "the password"},
        {"/username", "USERNAME"},
        {"/role", "--role"},
        {"/email", "--email"},
        {"/name", "the name"},
        {"/operator", "--operator"},
        {"/expires_at", "--expires"},
        {"/hostname", "HOSTNAME"},
        {"/policy", "POLICY"},
        {"/dns", "--dns"},
        {"/source", "--source"},
        {"/host", "HOST"},
        {"/port", "the port"},
        {"/network", "--network"},
        {"/interface", "--interface"},
        {"?interface", "--interface"},
        {"?confirm", "--confirm"},
        {"?since", "--since"},
        {"?until", "--until"},
        {"?actor", "--actor"},
        {"?action", "--action"},
        {"?limit", "--limit"},
    });
    const auto within = [pointer](const auto& option) {
        return pointer == option.first || pointer.starts_with(std::string(option.first) + "/");
    };
    const auto found = std::find_if(options.begin(), options.end(), within);
    return found == options.end() ? std::string() : std::string(found->second);
}

}  // namespace

Outcome<Answer> Console::call(const Request& request) const {
    auto response = client_.send(request);
    if (!response) return tl::unexpected(response.error());
    const int status = response->head.status;
    if (!is_consent(status)) return tl::unexpected(refusal(status, response->body));
    Json value;
    if (!response->body.empty() || is_json(response->head)) {
        if (is_json(response->head)) value = json_of(response->body);
        if (value.is_null()) return unknown("The daemon's answer is no JSON, or nests too deep.");
    }
    return Answer{std::move(response->body), std::make_shared<const Json>(std::move(value))};
}

Outcome<std::string> Console::file(std::string target) const {
    Request request;
    request.target = std::move(target);
    auto response = client_.send(request);
    if (!response) return tl::unexpected(response.error());
    const int status = response->head.status;
    if (!is_consent(status)) return tl::unexpected(refusal(status, response->body));
    return std::move(response->body);
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
    if (json_) return get(target(segments, {{"limit", "1000"}}));
    return all(segments, {});
}

Outcome<Answer> Console::all(std::initializer_list<std::string_view> segments, const Query& query) const {
    constexpr std::size_t most_pages = 1000;
    Json all{{"items", Json::array()}, {"next", nullptr}};
    std::set<std::string> cursors;
    std::string cursor;
    std::size_t bytes = 0;
    const Deadline deadline(client_.patience().to_list);
    do {
        Query asked = query;
        asked.emplace_back("limit", "1000");
        asked.emplace_back("cursor", cursor);
        auto answer = get(target(segments, asked));
        if (!answer) return answer;
        bytes += answer->body.size();
        if (bytes > list_bytes || cursors.size() == most_pages) {
            return refused("list_too_long", "The list is too long to be shown as one.",
                           "Ask for a part of it, for example with --since and --until.");
        }
        for (const Json& item : part_of(**answer, "items"))
            all["items"].push_back(item);
        cursor = text_in(**answer, "next");
        if (!cursor.empty() && !cursors.insert(cursor).second)
            return unknown("The daemon's list goes round in circles.");
        if (!cursor.empty() && std::chrono::steady_clock::now() >= deadline.at()) {
            return unreachable("daemon_silent", "The daemon has not given the whole list in time.",
                               "Its log says what it does: journalctl -u gatehouse.");
        }
    } while (!cursor.empty());
    std::string body = json_ ? all.dump() : "";
    return Answer{std::move(body), std::make_shared<const Json>(std::move(all))};
}

void Console::print_as_it_came(const Answer& answer) const {
    if (answer.body.empty()) return;
    if (terminal_.shows()) {
        out_ << line_of(*answer, true) << '\n';
        return;
    }
    out_ << answer.body << (answer.body.ends_with('\n') ? "" : "\n");
}

Failure refusal(int status, std::string_view body) {
    const Json problem = json_of(body);
    Failure failure;
    failure.error.kind = base::ErrorKind::input;
    failure.error.code = cell(problem, "code");
    failure.error.message = text_in(problem, "detail");
    if (failure.error.message.empty()) {
        const std::string title = text_in(problem, "title");
        failure.error.message =
            "The daemon answered " + std::to_string(status) + (title.empty() ? "" : " " + title) + ".";
    }
    const std::string pointer = text_in(problem, "pointer");
    if (const std::string place = option_at(pointer); !place.empty()) {
        // Some sentences begin with the member, others do not name it.
        if (failure.error.message.starts_with(pointer + " ")) {
            failure.error.message.replace(0, pointer.size(), place);
        } else {
            failure.error.message += " (" + place + ")";
        }
    }
    failure.findings = findings_in(problem, "findings");
    if (problem.is_object()) failure.body = body;
    return failure;
}

std::string problem_of(const base::Error& error) {
    return Json{{"code", error.code}, {"detail", error.text()}}.dump(2, ' ', false, Json::error_handler_t::replace);
}

int report(const Failure& failure, bool json, const Terminal& terminal, std::ostream& out, std::ostream& err) {
    if (json && !failure.body.empty()) {
        if (terminal.shows()) {
            out << line_of(json_of(failure.body), true) << '\n';
        } else {
            out << failure.body << (failure.body.ends_with('\n') ? "" : "\n");
        }
        return static_cast<int>(failure.exit);
    }
    err << "gatehousectl: " << indented_lines(failure.error.text());
    if (!failure.body.empty()) err << " [" << base::printable(failure.error.code) << "]";
    err << '\n' << findings_text(failure.findings, terminal.width(), 2);
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
