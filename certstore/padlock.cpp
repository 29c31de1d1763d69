#include "certstore/padlock.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::certstore {

namespace {

Colour colour_of(const Finding& finding) {
    if (finding.severity == Severity::note) return Colour::green;
    const bool out_of_time = finding.code == "expired" || finding.code == "not_yet_valid";
    return finding.severity == Severity::refuse || out_of_time ? Colour::red : Colour::yellow;
}

Padlock::Reason stand_in(PairServed served) {
    const std::string advice = "Mend the pair that you placed; its findings say what is wrong.";
    if (served == PairServed::last_good) {
        return {"last_good_served", "The pair that was placed can't be served; the last good one stands in for it.",
                advice};
    }
    return {"self_signed_served", "The pair that was placed can't be served; a self-signed one stands in for it.",
            advice};
}

std::string sentence_of(const std::vector<Padlock::Reason>& reasons, std::string_view hostname) {
    if (reasons.empty()) return "The certificate is valid and names " + std::string(hostname) + ".";
    std::string sentence = reasons.front().message;
    if (reasons.size() > 1) sentence += " (and " + std::to_string(reasons.size() - 1) + " more)";
    return sentence;
}

}  // namespace

std::string_view name(Colour colour) {
    switch (colour) {
        case Colour::green:
            return "green";
        case Colour::yellow:
            return "yellow";
        case Colour::red:
            break;
    }
    return "red";
}

Padlock padlock(std::span<const Finding> findings, std::string_view hostname, PairServed served,
                bool operators_placed) {
    Padlock shown;
    const auto add = [&](Colour colour, Padlock::Reason reason) {
        shown.colour = std::max(shown.colour, colour);
        shown.reasons.push_back(std::move(reason));
    };
    if (served != PairServed::operators && operators_placed) add(Colour::red, stand_in(served));
    for (const Colour colour : {Colour::red, Colour::yellow}) {
        for (const Finding& finding : findings) {
            if (colour_of(finding) == colour) add(colour, {finding.code, finding.message, finding.advice});
        }
    }
    shown.sentence = sentence_of(shown.reasons, hostname);
    return shown;
}

}  // namespace gatehouse::certstore
