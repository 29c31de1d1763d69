// The padlock of a door: green, yellow or red, and why; what an administrator sees before any browser does. Pure; any
// thread.
#pragma once

#include "certstore/findings.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

enum class Colour { green, yellow, red };
[[nodiscard]] std::string_view name(Colour colour);

/// Whose pair a door serves.
enum class PairServed { operators, last_good, self_signed };

struct Padlock {
    struct Reason {
        std::string code;     ///< a finding's; or last_good_served, self_signed_served
        std::string message;  ///< a sentence
        std::string advice;   ///< what to do; may be empty
        friend bool operator==(const Reason&, const Reason&) = default;
    };
    Colour colour = Colour::green;
    std::string sentence;         ///< the whole in one, e.g. "The certificate is valid and names box.example."
    std::vector<Reason> reasons;  ///< the gravest first; empty where it is green
};

/// Green: the certificate names the hostname and nothing warns; that it is self-signed is no matter. Yellow: it does
/// not name it, or something warns. Red: it is expired or not yet valid, it is refused, or it is not the operator's
/// although the operator placed one (`operators_placed`). `findings` are those judged for this hostname.
[[nodiscard]] Padlock padlock(std::span<const Finding> findings, std::string_view hostname, PairServed served,
                              bool operators_placed);

}  // namespace gatehouse::certstore
