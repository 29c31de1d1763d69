#include "server/integrations/clamd_reply.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"

#include <utility>

namespace gatehouse::integrations {

namespace {

using Kind = NoVerdict::Kind;

constexpr std::string_view found_suffix = " FOUND";
constexpr std::string_view error_suffix = " ERROR";

// What a signature of this name is worth.
struct Worth {
    std::string_view beginning;
    unsigned score;
    unsigned confidence;
    std::string_view title;
};
constexpr Worth worths[] = {
    {"PUA.", 70, 80, "Potentially unwanted: "},
    {"Heuristics.", 80, 60, "Looks suspicious: "},
    {"", 95, 95, "Known malware: "},
};

const Worth& worth_of(std::string_view signature) {
    const Worth* worth = worths;
    while (!signature.starts_with(worth->beginning))
        ++worth;
    return *worth;
}

std::string shown(std::string_view reply) {
    return bounded(base::printable(reply), Bounds::title_bytes);
}

Verdict verdict_of(std::string_view signature, EngineName engine) {
    Verdict verdict;
    verdict.engine = std::move(engine.name);
    verdict.engine_version = std::move(engine.version);
    if (signature.empty()) {
        verdict.confidence = 50;  // that it knows nothing says no more
        return verdict;
    }
    const Worth& worth = worth_of(signature);
    const std::string name = bounded(base::printable(signature), Bounds::name_bytes);
    verdict.score = worth.score;
    verdict.severity = worth.score;
    verdict.confidence = worth.confidence;
    verdict.behaviours.push_back({name, std::string(worth.title) + name, worth.score, worth.confidence,
                                  "ClamAV's signature " + name + " matches the sample."});
    verdict.facts.push_back({"Signature", name});
    return verdict;
}

}  // namespace

EngineName parse_clamd_version(std::string_view reply) {
    const std::string_view text = base::trimmed(reply, " \r\n");
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {bounded(base::printable(text), Bounds::name_bytes), {}};
    return {bounded(base::printable(text.substr(0, space)), Bounds::name_bytes),
            bounded(base::printable(text.substr(space + 1)), Bounds::name_bytes)};
}

Judgement parse_clamd_reply(std::string_view reply, EngineName engine) {
    constexpr std::string_view stream = "stream: ";
    std::string_view text = base::trimmed(reply, " \r\n");
    if (text.starts_with("INSTREAM size limit exceeded")) {
        return no_verdict(Kind::refused, "sample_too_large", "The sample is larger than what clamd takes.",
                          "Raise StreamMaxLength, MaxFileSize and MaxScanSize in clamd.conf.");
    }
    if (!text.starts_with(stream) && !text.ends_with(error_suffix))
        return no_verdict(Kind::failed, "engine_garbled",
                          "clamd answers \"" + shown(text) + "\", which is no verdict.");
    if (text.starts_with(stream)) text.remove_prefix(stream.size());
    if (text == "OK") return verdict_of({}, std::move(engine));
    if (text.ends_with(error_suffix)) {
        text.remove_suffix(error_suffix.size());
        return no_verdict(Kind::failed, "engine_error", "clamd could not judge the sample: " + shown(text));
    }
    if (text.size() <= found_suffix.size() || !text.ends_with(found_suffix)) {
        return no_verdict(Kind::failed, "engine_garbled",
                          "clamd answers \"" + shown(text) + "\", which is no verdict.");
    }
    text.remove_suffix(found_suffix.size());
    if (text.starts_with("Heuristics.Limits.Exceeded")) {
        return no_verdict(Kind::refused, "engine_limits",
                          "clamd did not look at the whole sample, which is beyond its limits (" + shown(text) + ").",
                          "Raise the limit in clamd.conf.");
    }
    return verdict_of(text, std::move(engine));
}

}  // namespace gatehouse::integrations
