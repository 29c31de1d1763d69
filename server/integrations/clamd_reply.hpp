// What clamd answers, as clamd(8) has it, made into verdicts and versions. Pure; any thread.
#pragma once

#include "server/integrations/verdict.hpp"

#include <string>
#include <string_view>

namespace gatehouse::integrations {

/// Who an engine says it is.
struct EngineName {
    std::string name;
    std::string version;
    friend bool operator==(const EngineName&, const EngineName&) = default;
};

/// The reply to VERSION, "ClamAV 1.4.6/27650/Fri Jun 20 08:00:00 2025": program and signatures. Anything else is the
/// name as a whole.
[[nodiscard]] EngineName parse_clamd_version(std::string_view reply);

/// The reply to INSTREAM, without its NUL. A signature is one behaviour, and a score of 95 at least; but 70 for what is
/// only unwanted (PUA) and 80 for what only looks like something (Heuristics). No verdict: refused/sample_too_large
/// where clamd takes no stream so long, refused/engine_limits where it did not look at all of it;
/// failed/engine_error; failed/engine_garbled.
[[nodiscard]] Judgement parse_clamd_reply(std::string_view reply, EngineName engine);

}  // namespace gatehouse::integrations
