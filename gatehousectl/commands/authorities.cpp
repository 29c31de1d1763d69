#include "gatehousectl/commands/authorities.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/words_of_doors.hpp"
#include "gatehousectl/input.hpp"
#include "gatehousectl/tables.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

using nlohmann::json;

constexpr std::size_t shortest_typed = 8;
constexpr std::size_t shown_digits = 16;  // enough to tell one from another, and to remove it by

// "CA", and what is wrong with it.
std::string kind_of(const json& certificate) {
    const bool expired = number_in(certificate, "days_left") < 0;
    return std::string(truth_in(certificate, "ca") ? "CA" : "no CA") + (expired ? ", expired" : "");
}

Exit show_added(const Console& console, const Answer& answer) {
    const bool some_refused = !findings_in(*answer, "refused").empty();
    if (console.json()) {
        console.print_as_it_came(answer);
        return some_refused ? Exit::refused : Exit::fine;
    }
    for (const json& added : part_of(*answer, "added")) {
        console.out() << "Trusted now: " << base::printable(text_in(part_of(added, "certificate"), "subject")) << '\n';
    }
    if (const auto known = number_in(*answer, "known"); known > 0) {
        console.out() << "Trusted already: " << known << '\n';
    }
    console.out() << findings_text(findings_in(*answer, "refused"), console.width(), 0);
    return some_refused ? Exit::refused : Exit::fine;
}

Outcome<Exit> trust(const Console& console, const json& retrieved, const std::vector<std::string>& fingerprints) {
    const auto answer =
        console.send("POST", target({"authorities", "import"}),
                     {{"retrieval_id", text_in(retrieved, "retrieval_id")}, {"fingerprints", fingerprints}});
    if (!answer) return tl::unexpected(answer.error());
    return show_added(console, *answer);
}

std::vector<std::string> fingerprints_of(const json& certificates) {
    std::vector<std::string> all;
    for (const json& certificate : certificates)
        all.push_back(text_in(certificate, "fingerprint_sha256"));
    return all;
}

// What the person in front chooses of the chain; nothing where nobody can be asked.
Outcome<std::vector<std::string>> chosen(const Console& console, const std::vector<std::string>& chain) {
    std::vector<std::string> fingerprints;
    if (!console.terminal().can_ask() || console.json()) return fingerprints;
    const auto line = console.terminal().ask("Which to trust, by number (none): ");
    if (!line) return tl::unexpected(line.error());
    const char* at = line->data();
    const char* const last = at + line->size();
    while (at != last) {
        if (*at == ' ' || *at == ',') {
            ++at;
            continue;
        }
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(at, last, number);
        if (error != std::errc() || number < 1 || number > chain.size()) {
            return refused("no_such_number", "\"" + *line +
                                                 "\" does not name certificates of this chain; nothing was "
                                                 "changed.");
        }
        fingerprints.push_back(chain[number - 1]);
        at = end;
    }
    return fingerprints;
}

Outcome<Exit> show_system(const Console& console, const Outcome<Answer>& answer) {
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << "The " << number_in(**answer, "count") << " public CAs of the system are "
                      << (truth_in(**answer, "included") ? "trusted too.\n" : "not trusted.\n");
    }
    return Exit::fine;
}

}  // namespace

Outcome<Destination> parse_destination(const std::string& text) {
    const auto colon = text.rfind(':');
    const bool bracketed = text.starts_with('[');
    const auto bracket = text.find(']');
    if (bracketed && bracket == std::string::npos) return misused("\"" + text + "\" has no ] to its [.");
    const bool has_port = colon != std::string::npos && (bracketed ? colon == bracket + 1 : text.find(':') == colon);
    Destination destination;
    const std::string host = has_port ? text.substr(0, colon) : text;
    destination.host = bracketed ? host.substr(1, host.size() - 2) : host;
    if (bracketed && !host.ends_with(']')) return misused("\"" + text + "\" is no [ADDRESS]:PORT.");
    if (!has_port) return destination;
    const std::string port = text.substr(colon + 1);
    constexpr unsigned last_port = 65535;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), destination.port);
    if (error != std::errc() || end != port.data() + port.size() || destination.port == 0 ||
        destination.port > last_port) {
        return misused("\"" + port + "\" is no port.", "A port is a number from 1 to 65535.");
    }
    return destination;
}

Outcome<std::string> matching_fingerprint(const std::vector<std::string>& fingerprints, const std::string& typed) {
    std::string beginning;
    for (const char c : typed) {
        if (c == ':' || c == ' ') continue;
        beginning += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (beginning.size() < shortest_typed || beginning.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return misused("\"" + base::printable(typed) + "\" is no fingerprint.",
                       "Give its hexadecimal digits, or at least the first eight of them.");
    }
    std::string found;
    for (const std::string& fingerprint : fingerprints) {
        if (!fingerprint.starts_with(beginning)) continue;
        if (!found.empty() && found != fingerprint) {
            return refused("not_unique", "More than one fingerprint begins with " + beginning + ".",
                           "Give more digits.");
        }
        found = fingerprint;
    }
    if (found.empty()) return refused("not_found", "There is no certificate with the fingerprint " + beginning + ".");
    return found;
}

std::string authorities_text(const json& authorities, std::size_t width) {
    Table table({{"SHA-256"}, {"SUBJECT", Align::left, true}, {"KIND"}, {"UNTIL"}});
    for (const json& item : part_of(authorities, "items")) {
        const json& certificate = part_of(item, "certificate");
        table.add({text_in(certificate, "fingerprint_sha256").substr(0, shown_digits), cell(certificate, "subject"),
                   kind_of(certificate), time_text(text_in(certificate, "not_after")).substr(0, 10)});
    }
    return table.empty() ? "No authorities were added.\n" : table.text(width);
}

std::string retrieved_text(const json& retrieved, std::size_t width) {
    std::string out = base::printable(text_in(retrieved, "host") + ", port " + text_in(retrieved, "port") + " (" +
                                      text_in(retrieved, "address") + ", " + text_in(retrieved, "tls_version") +
                                      "): this chain is " + (truth_in(retrieved, "trusted") ? "" : "not ") +
                                      "trusted already. Nothing of it was verified.") +
                      "\n";
    int number = 0;
    for (const json& certificate : part_of(retrieved, "chain")) {
        Table facts({{""}, {"", Align::left, true}});
        facts.add({std::to_string(++number), text_in(certificate, "subject")});
        facts.add({"", "issued by " + text_in(certificate, "issuer")});
        facts.add({"", kind_of(certificate) + ", until " + time_text(text_in(certificate, "not_after")) + ", " +
                           days_text(number_in(certificate, "days_left"))});
        facts.add({"", "SHA-256 " + grouped(text_in(certificate, "fingerprint_sha256"))});
        out += facts.text(width);
    }
    return out;
}

Outcome<Exit> list_authorities(const Console& console) {
    const auto answer = console.get(target({"authorities"}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
        return Exit::fine;
    }
    const auto roots = console.get(target({"authorities", "system"}));
    if (!roots) return tl::unexpected(roots.error());
    console.out() << authorities_text(**answer, console.width())
                  << findings_text(findings_in(**answer, "faults"), console.width(), 0) << "The system's "
                  << counted(number_in(**roots, "count"), "root")
                  << (truth_in(**roots, "included") ? " are trusted too.\n" : " are not trusted.\n");
    return Exit::fine;
}

Outcome<Exit> add_authorities(const Console& console, const AuthorityOptions& options) {
    std::string pem;
    for (const auto& file : options.files) {
        const auto text = read_input(file, largest_upload);
        if (!text) return tl::unexpected(text.error());
        // The daemon is sent one text, and would not see that one of several files adds nothing to it.
        if (text->reveal().find("-----BEGIN ") == std::string_view::npos) {
            return refused("unparsable", (file == "-" ? "What came by stdin" : base::printable(file.native())) +
                                             " holds no certificate in PEM, so nothing was added. One in DER: openssl "
                                             "x509 -inform DER -in FILE -out FILE.pem");
        }
        pem += text->reveal();
        if (!pem.ends_with('\n')) pem += '\n';
    }
    const auto answer = console.send("POST", target({"authorities"}), {{"pem", pem}});
    if (!answer) return tl::unexpected(answer.error());
    return show_added(console, *answer);
}

Outcome<Exit> remove_authority(const Console& console, const AuthorityOptions& options) {
    const auto all = console.unprinted().list({"authorities"});
    if (!all) return tl::unexpected(all.error());
    std::vector<std::string> fingerprints;
    for (const json& item : part_of(**all, "items"))
        fingerprints.push_back(text_in(part_of(item, "certificate"), "fingerprint_sha256"));
    const auto fingerprint = matching_fingerprint(fingerprints, options.fingerprint);
    if (!fingerprint) return tl::unexpected(fingerprint.error());
    const auto answer = console.send("DELETE", target({"authorities", *fingerprint}));
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << "Not trusted any more: SHA-256 " << base::printable(grouped(*fingerprint)) << '\n';
    }
    return Exit::fine;
}

Outcome<Exit> system_authorities_status(const Console& console) {
    return show_system(console, console.get(target({"authorities", "system"})));
}

Outcome<Exit> enable_system_authorities(const Console& console) {
    return show_system(console, console.send("PUT", target({"authorities", "system"}), {{"included", true}}));
}

Outcome<Exit> disable_system_authorities(const Console& console) {
    return show_system(console, console.send("PUT", target({"authorities", "system"}), {{"included", false}}));
}

Outcome<Exit> retrieve_authorities(const Console& console, const RetrieveOptions& options) {
    const auto destination = parse_destination(options.host);
    if (!destination) return tl::unexpected(destination.error());
    json body{{"host", destination->host}, {"network", options.network}};
    if (destination->port != 0) body["port"] = destination->port;
    const auto answer = console.send("POST", target({"authorities", "retrieve"}), body);
    if (!answer) return tl::unexpected(answer.error());
    if (console.json()) {
        console.print_as_it_came(*answer);
    } else {
        console.out() << retrieved_text(**answer, console.width());
        console.out().flush();
    }
    const std::vector<std::string> chain = fingerprints_of(part_of(**answer, "chain"));
    std::vector<std::string> wanted;
    for (const std::string& typed : options.trust) {
        auto fingerprint = matching_fingerprint(chain, typed);
        if (!fingerprint) return tl::unexpected(fingerprint.error());
        wanted.push_back(std::move(*fingerprint));
    }
    if (options.trust.empty()) {
        auto picked = chosen(console, chain);
        if (!picked) return tl::unexpected(picked.error());
        wanted = std::move(*picked);
    }
    if (wanted.empty()) return Exit::fine;
    return trust(console, **answer, wanted);
}

}  // namespace gatehouse::gatehousectl::commands
