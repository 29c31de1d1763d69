// How samples look in JSON: in the field's API, and in the portal's as docs/api/clean.yaml has them. Pure; any thread.
#pragma once

#include "records/sample.hpp"
#include "records/samples.hpp"
#include "server/http/answers.hpp"
#include "server/integrations/verdict.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::clean {

using http::Json;

/// What the analysis made of a sample, beside what stands in the sample itself.
struct Findings {
    std::vector<records::Behaviour> behaviours;
    std::string engine;
    std::string engine_version;
    std::vector<integrations::Fact> facts;
};

/// The engine's own part of a verdict as it is kept, and back; what cannot be read gives nothing.
[[nodiscard]] std::string report_text(const integrations::Verdict& verdict);
void read_report_text(std::string_view text, Findings& findings);

// ---- the field's

/// What a submission is answered with.
[[nodiscard]] Json field_submission(const records::Sample& sample);
/// In lists, and alone.
[[nodiscard]] Json field_sample(const records::Sample& sample);
/// {sample,state,status}.
[[nodiscard]] Json field_state(const records::Sample& sample);
/// {sample,score,count,max-severity,max-confidence,bis}.
[[nodiscard]] Json field_threat(const records::Sample& sample, const std::vector<records::Behaviour>& behaviours);
[[nodiscard]] Json field_summary(const records::Sample& sample, const records::Sightings& sightings);
/// An entry of search/submissions. `words`: what was searched for; empty: nothing.
[[nodiscard]] Json field_hit(const records::Sample& sample, std::string_view words);
/// analysis.json, of both doors' APIs: metadata, threat, status, iocs.
[[nodiscard]] Json analysis_document(const records::Sample& sample, const Findings& findings);

// ---- the portal's

/// `waits_because`: why samples wait for their analysis; empty: they need not.
[[nodiscard]] Json sample_shape(const records::Sample& sample, const std::vector<records::Behaviour>& behaviours,
                                const std::string& waits_because);

}  // namespace gatehouse::clean
