#include "gatehousectl/commands/signing_request.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/output.hpp"
#include "gatehousectl/subject.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

Outcome<Exit> discard(const Console& console, const SigningRequestOptions& options, const std::string& place) {
    const auto answer = console.send("DELETE", place);
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << "The request of the " << options.interface << " door and its key were discarded.\n";
    }
    return Exit::fine;
}

Outcome<nlohmann::json> body_of(const SigningRequestOptions& options) {
    nlohmann::json body = nlohmann::json::object();
    if (!options.subject.empty()) {
        auto subject = parse_subject(options.subject);
        if (!subject) return tl::unexpected(subject.error());
        body["subject"] = std::move(*subject);
    }
    if (!options.names.empty()) body["names"] = options.names;
    if (!options.key_type.empty()) body["key_type"] = options.key_type;
    return body;
}

}  // namespace

Outcome<Exit> signing_request(const Console& console, const SigningRequestOptions& options) {
    if (options.show && options.discard) return misused("--show and --discard exclude each other.");
    const std::string place = target({"interfaces", options.interface, "certificate", "request"});
    if (options.discard) return discard(console, options, place);
    const auto body = body_of(options);
    if (!body) return tl::unexpected(body.error());
    auto answer = options.show ? console.get(place) : console.send("POST", place, *body);
    if (!answer) {
        if (answer.error().error.code == "request_pending") {
            answer.error().error.advice = "See it with --show, or discard it and its key with --discard.";
        }
        return tl::unexpected(answer.error());
    }
    if (console.json()) {
        console.print_as_it_came(*answer);
        return Exit::fine;
    }
    // The request alone on stdout, so that it can be piped to who signs it.
    console.err() << base::printable(text_in(**answer, "subject")) << " for "
                  << base::printable(base::joined(texts_in(**answer, "names"), ", "))
                  << ". The key stays here. With what the CA returns:\n  gatehousectl certificate upload --interface "
                  << options.interface << " FILE\n";
    console.err().flush();
    const auto put = put_out(console, options.output, text_in(**answer, "pem"));
    if (!put) return tl::unexpected(put.error());
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
