#include "server/integrations/verdict.hpp"

#include "base/printable.hpp"
#include "base/utf8.hpp"
#include "config/json_text.hpp"
#include "config/reader.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::integrations {

namespace {

using Kind = NoVerdict::Kind;
using config::Problems;
using config::Reader;

constexpr unsigned most = 100;
constexpr std::size_t deepest = 8;  // levels; a verdict has three

// For a place with room for one line.
std::string one_line(std::string_view text, std::size_t bytes) {
    return bounded(base::printable(text), bytes);
}

// Its texts as the engine wrote them.
Behaviour read_behaviour(Reader reader, Problems& problems) {
    Behaviour read;
    reader.text("name", read.name);
    if (read.name.empty()) problems.add(reader.path_of("name"), "must be there, and not be empty.");
    reader.text("title", read.title);
    reader.whole("severity", read.severity, 0, most);
    reader.whole("confidence", read.confidence, 0, most);
    reader.text("detail", read.detail);
    reader.finish();
    return read;
}

Fact read_fact(Reader reader, Problems& problems) {
    Fact read;
    reader.text("name", read.name);
    if (read.name.empty()) problems.add(reader.path_of("name"), "must be there, and not be empty.");
    reader.text("value", read.value);
    reader.finish();
    return read;
}

// The elements of a list of objects. All are read, so that the worst is found wherever it stands.
template <class Element>
std::vector<Element> read_list(Reader& reader, std::string_view name, Problems& problems,
                               Element (*read)(Reader, Problems&)) {
    std::vector<Element> elements;
    const nlohmann::json* list = reader.array(name);
    if (list == nullptr) return elements;
    elements.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string path = reader.path_of(name) + "[" + std::to_string(i) + "]";
        elements.push_back(read(Reader((*list)[i], path, problems), problems));
    }
    return elements;
}

void bound(std::vector<Behaviour>& behaviours) {
    std::stable_sort(behaviours.begin(), behaviours.end(),
                     [](const Behaviour& a, const Behaviour& b) { return a.severity > b.severity; });
    if (behaviours.size() > Bounds::behaviours) behaviours.resize(Bounds::behaviours);
    for (Behaviour& one : behaviours) {
        one.name = one_line(one.name, Bounds::name_bytes);
        one.title = one_line(one.title.empty() ? one.name : one.title, Bounds::title_bytes);
        one.detail = bounded(one.detail, Bounds::detail_bytes);
    }
}

void bound(std::vector<Fact>& facts) {
    if (facts.size() > Bounds::facts) facts.resize(Bounds::facts);
    for (Fact& one : facts) {
        one.name = one_line(one.name, Bounds::name_bytes);
        one.value = bounded(one.value, Bounds::detail_bytes);
    }
}

// What the engine leaves open follows from what it says: the whole is as severe as the worst of its parts.
Verdict read_judged(Reader& reader, bool has_severity, bool has_confidence, Problems& problems) {
    Verdict verdict;
    reader.whole("score", verdict.score, 0, most);
    reader.whole("severity", verdict.severity, 0, most);
    reader.whole("confidence", verdict.confidence, 0, most);
    verdict.behaviours = read_list<Behaviour>(reader, "behaviours", problems, read_behaviour);
    verdict.facts = read_list<Fact>(reader, "facts", problems, read_fact);
    Reader engine = reader.object("engine");
    engine.text("name", verdict.engine);
    engine.text("version", verdict.engine_version);
    engine.finish();
    reader.finish();
    for (const Behaviour& one : verdict.behaviours) {
        if (!has_severity) verdict.severity = std::max(verdict.severity, one.severity);
        if (!has_confidence) verdict.confidence = std::max(verdict.confidence, one.confidence);
    }
    if (!has_severity && verdict.behaviours.empty()) verdict.severity = verdict.score;
    bound(verdict.behaviours);
    bound(verdict.facts);
    verdict.engine = one_line(verdict.engine, Bounds::name_bytes);
    verdict.engine_version = one_line(verdict.engine_version, Bounds::name_bytes);
    return verdict;
}

// {"error": "…", "kind": "…"}: it has the sample, and no verdict.
Judgement read_error(Reader& reader, Problems& problems) {
    std::string said;
    Kind kind = Kind::failed;
    reader.text("error", said);
    reader.choice<Kind>("kind", kind,
                        {{"failed", Kind::failed}, {"refused", Kind::refused}, {"unavailable", Kind::unavailable}});
    reader.finish();
    if (said.empty()) problems.add("error", "must say what went wrong.");
    const char* const code = kind == Kind::failed    ? "engine_error"
                             : kind == Kind::refused ? "engine_refused"
                                                     : "engine_busy";
    said = one_line(said, Bounds::title_bytes);
    if (!said.ends_with('.')) said += '.';
    return no_verdict(kind, code, "The analysis engine says: " + said);
}

tl::unexpected<NoVerdict> garbled(const std::string& what) {
    return no_verdict(Kind::failed, "engine_garbled", "The analysis engine's answer is no verdict: " + what,
                      "docs/analysis.md says what a verdict looks like.");
}

}  // namespace

tl::unexpected<NoVerdict> no_verdict(NoVerdict::Kind kind, std::string code, std::string message, std::string advice) {
    const bool final = kind == Kind::refused;
    const auto sort = final ? base::ErrorKind::input : base::ErrorKind::unavailable;
    return tl::unexpected<NoVerdict>(NoVerdict{kind, {sort, std::move(code), std::move(message), std::move(advice)}});
}

std::string bounded(std::string_view text, std::size_t most_bytes) {
    constexpr std::string_view more = "…";
    std::string whole = base::as_utf8(text);
    if (whole.size() <= most_bytes) return whole;
    std::size_t end = most_bytes - std::min(more.size(), most_bytes);
    const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
    while (end > 0 && is_continuation(whole[end]))
        --end;
    whole.resize(end);
    return whole.append(more);
}

Judgement parse_verdict(std::string_view line) {
    const auto document = config::parse_json(line, {.deepest = deepest, .comments = config::Comments::refused});
    if (!document) return garbled(document.error().where + " " + document.error().what + ".");
    Problems problems("its JSON");
    Reader reader(*document, "", problems);
    Judgement judgement;
    if (document->is_object() && document->contains("error")) {
        judgement = read_error(reader, problems);
    } else {
        const bool has_severity = document->is_object() && document->contains("severity");
        const bool has_confidence = document->is_object() && document->contains("confidence");
        if (document->is_object() && !document->contains("score")) problems.add("score", "is missing.");
        judgement = read_judged(reader, has_severity, has_confidence, problems);
    }
    const auto faults = problems.take();
    if (!faults.empty()) return garbled(faults.front().text());
    return judgement;
}

}  // namespace gatehouse::integrations
