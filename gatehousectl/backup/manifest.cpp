#include "gatehousectl/backup/manifest.hpp"

#include "config/json_text.hpp"

#include <array>
#include <ctime>
#include <unistd.h>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::Result;
using Json = nlohmann::json;

tl::unexpected<base::Error> not_understood(const std::string& file) {
    return base::fail(base::ErrorKind::input, "backup_damaged",
                      file + " can be opened, but what it says of itself can't be understood.",
                      "Restore it with the version that made it.");
}

// Calls `take` with the document; what it throws for lack of a member is told.
template <class Value, class Take>
Result<Value> taken_from(std::string_view text, const std::string& file, const Take& take) {
    const auto document = config::parse_json(text);
    if (!document || !document->is_object()) return not_understood(file);
    try {
        return take(*document);
    } catch (const Json::exception&) {
        return not_understood(file);
    }
}

}  // namespace

std::string text_of(const Manifest& manifest) {
    return Json{{"made", manifest.made},
                {"host", manifest.host},
                {"version", manifest.version},
                {"schema", manifest.schema},
                {"samples", manifest.samples}}
        .dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const Totals& totals) {
    return Json{{"entries", totals.entries}, {"samples", totals.samples}}.dump();
}

Result<Manifest> read_manifest(std::string_view text, const std::string& file) {
    return taken_from<Manifest>(text, file, [](const Json& document) {
        return Manifest{document.at("made"), document.at("host"), document.at("version"), document.at("schema"),
                        document.at("samples")};
    });
}

Result<Totals> read_totals(std::string_view text, const std::string& file) {
    return taken_from<Totals>(text, file, [](const Json& document) {
        return Totals{document.at("entries"), document.at("samples")};
    });
}

Manifest manifest_of_now() {
    Manifest manifest;
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    manifest.made.assign(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) manifest.host = host.data();
    manifest.version = GATEHOUSE_VERSION;
    return manifest;
}

}  // namespace gatehouse::gatehousectl::backup
