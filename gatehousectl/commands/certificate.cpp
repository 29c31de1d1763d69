#include "gatehousectl/commands/certificate.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/change.hpp"
#include "gatehousectl/commands/words_of_doors.hpp"
#include "gatehousectl/output.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

using nlohmann::json;

// The chain, one by one, and what the last of it stands on.
void add_chain(Table& facts, const json& served) {
    std::string title = "Chain";
    for (const json& certificate : part_of(served, "chain")) {
        facts.add({std::exchange(title, ""), text_in(certificate, "subject") + " (" + text_in(certificate, "key_type") +
                                                 ", until " +
                                                 time_text(text_in(certificate, "not_after")).substr(0, 10) + ")"});
    }
    const json& anchor = part_of(served, "anchor");
    if (anchor.is_object()) {
        facts.add({title, "issued by the root " + text_in(anchor, "subject") + ", which this machine knows"});
    } else if (!truth_in(served, "chain_complete")) {
        facts.add({title, "incomplete: no known root issued the last one"});
    }
}

Request posted(const std::string& interface, std::string_view operation, const std::vector<std::string>& confirm,
               const json* body) {
    Request request;
    request.method = "POST";
    request.target =
        target({"interfaces", interface, "certificate", operation}, {{"confirm", base::joined(confirm, ",")}});
    if (body == nullptr) return request;
    request.content_type = "application/json";
    request.body = base::Secret(body->dump(-1, ' ', false, json::error_handler_t::replace));
    return request;
}

Outcome<Exit> changed(const Console& console, const CertificateOptions& options, const ChangeRequest& request) {
    const auto answer = change(console, request, options.confirm);
    if (!answer) return tl::unexpected(answer.error());
    return show_change(console, options.interface, *answer);
}

}  // namespace

std::string certificate_text(const json& served, std::size_t width) {
    Table facts({{""}, {"", Align::left, true}});
    facts.add({"Padlock", padlock_text(served)});
    facts.add({"Hostname", text_in(served, "hostname")});
    facts.add({"Source", source_text(text_in(served, "source")) + ", since " +
                             time_text(text_in(served, "activated_at")) + " (" + text_in(served, "trigger") + ")"});
    facts.add({"Subject", text_in(served, "subject")});
    facts.add({"Names", base::joined(texts_in(served, "names"), ", ")});
    facts.add({"Issuer", text_in(served, "issuer")});
    facts.add({"Serial", text_in(served, "serial")});
    facts.add({"Valid", validity_text(served)});
    facts.add({"Key", text_in(served, "key_type")});
    facts.add({"SHA-256", grouped(text_in(served, "fingerprint_sha256"))});
    facts.add({"Public key", grouped(text_in(served, "public_key_sha256"))});
    add_chain(facts, served);
    const json& previous = part_of(served, "previous");
    if (previous.is_object()) facts.add({"Previous", text_in(previous, "subject") + ", " + validity_text(previous)});
    constexpr std::size_t indent = 2;
    return base::printable(text_in(served, "interface")) + "\n" + facts.text(width, indent) +
           findings_text(findings_in(served, "findings"), width, indent);
}

Outcome<Exit> show_certificate(const Console& console, const CertificateOptions& options) {
    bool first = true;
    for (const std::string name : {"clean", "admin"}) {
        if (!options.interface.empty() && options.interface != name) continue;
        const auto answer = console.get(target({"interfaces", name, "certificate"}));
        if (!answer) return tl::unexpected(answer.error());
        if (console.json()) {
            console.print_as_it_came(*answer);
        } else {
            console.out() << (std::exchange(first, false) ? "" : "\n") << certificate_text(**answer, console.width());
        }
    }
    return Exit::fine;
}

Outcome<Exit> regenerate(const Console& console, const RegenerateOptions& options) {
    json body = json::object();
    if (!options.names.empty()) body["names"] = options.names;
    if (options.days != 0) body["days"] = options.days;
    if (!options.key_type.empty()) body["key_type"] = options.key_type;
    return changed(console, options, [&](const std::vector<std::string>& confirm) -> Outcome<Request> {
        return posted(options.interface, "regenerate", confirm, &body);
    });
}

Outcome<Exit> roll_back(const Console& console, const CertificateOptions& options) {
    return changed(console, options, [&](const std::vector<std::string>& confirm) -> Outcome<Request> {
        return posted(options.interface, "rollback", confirm, nullptr);
    });
}

Outcome<Exit> download(const Console& console, const DownloadOptions& options) {
    const auto answer = console.file(
        target({"interfaces", options.interface, "certificate", "download"}, {{"format", options.format}}));
    if (!answer) return tl::unexpected(answer.error());
    const auto put = put_out(console, options.output, *answer);
    if (!put) return tl::unexpected(put.error());
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
