// What an analysis engine says of a sample: a verdict, or why there is none; and how both are read from the line that
// an engine of our own protocol answers with (docs/analysis.md). Plain values; any thread.
#pragma once

#include "base/result.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::integrations {

/// One thing that an engine saw a sample do, or found in it. Severity and confidence: 0 to 100.
struct Behaviour {
    std::string name;   ///< stable, for programs; never empty
    std::string title;  ///< for people
    unsigned severity = 0;
    unsigned confidence = 0;
    std::string detail;  ///< may have several lines; may be empty
    friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

/// One line of what the report tells beside the behaviours.
struct Fact {
    std::string name;
    std::string value;
    friend bool operator==(const Fact&, const Fact&) = default;
};

/// All texts are UTF-8 and bounded, see `Bounds`. They come from the engine, which repeats what samples say: none of
/// them may be shown as anything but text.
struct Verdict {
    unsigned score = 0;  ///< 0 (harmless) to 100 (malicious)
    unsigned severity = 0;
    unsigned confidence = 0;
    std::vector<Behaviour> behaviours;  ///< the most severe first
    std::vector<Fact> facts;
    std::string engine;          ///< "ClamAV"
    std::string engine_version;  ///< empty: it does not say
    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Beyond these texts are cut and the rest of a list is left out: a sample that makes an engine talkative does not get
/// away with that.
struct Bounds {
    static constexpr std::size_t line_bytes = 1024UL * 1024;  ///< of a whole answer; more is no verdict
    static constexpr std::size_t behaviours = 256;
    static constexpr std::size_t facts = 64;
    static constexpr std::size_t name_bytes = 128;
    static constexpr std::size_t title_bytes = 512;
    static constexpr std::size_t detail_bytes = 4096;
};

/// Why there is no verdict.
struct NoVerdict {
    enum class Kind {
        unavailable,  ///< the engine cannot be reached, or takes nothing now: no attempt of the sample's
        failed,       ///< the engine had the sample and gave no verdict: an attempt
        refused,      ///< this engine will never judge this sample, because it is too large for example
        stopped,      ///< we called it off
    };
    Kind kind = Kind::failed;
    base::Error error;
    friend bool operator==(const NoVerdict&, const NoVerdict&) = default;
};

using Judgement = tl::expected<Verdict, NoVerdict>;

[[nodiscard]] tl::unexpected<NoVerdict> no_verdict(NoVerdict::Kind kind, std::string code, std::string message,
                                                   std::string advice = {});

/// `text` in at most `most` bytes: broken UTF-8 is mended, whole characters are cut off, "…" says so.
[[nodiscard]] std::string bounded(std::string_view text, std::size_t most);

/// Reads the answer of an engine of our protocol, without its line end. No verdict: failed/engine_garbled where it is
/// none, by the member at fault; failed/engine_error, refused/engine_refused, unavailable/engine_busy where the engine
/// says so.
[[nodiscard]] Judgement parse_verdict(std::string_view line);

}  // namespace gatehouse::integrations
