// gatehousectl events: shows what happens as it happens, or runs a program for each event. Main's thread; ends when it
// is told to (a signal), or when the daemon refuses.
#pragma once

#include "gatehousectl/console.hpp"
#include "gatehousectl/event_reader.hpp"

#include <optional>
#include <string>

namespace gatehouse::gatehousectl::commands {

struct EventOptions {
    std::string exec;  ///< a command line as words.hpp takes it; empty: events are printed
};

/// A daemon that cannot be reached at first ends it; one that goes away later is waited for.
[[nodiscard]] Outcome<Exit> events(const Console& console, const EventOptions& options);

/// What of an event a program is given.
struct ToldEvent {
    std::string kind;       ///< [a-z._]+
    std::string interface;  ///< the same, or empty
    std::string json;       ///< the event's object, on one line without its end
    friend bool operator==(const ToldEvent&, const ToldEvent&) = default;
};

/// `event` as it may be given to a program that root runs; nothing where it is not what a gatehoused sends.
[[nodiscard]] std::optional<ToldEvent> told_event(const Event& event, bool for_terminal);

/// One line for people.
[[nodiscard]] std::string event_text(const Event& event);

}  // namespace gatehouse::gatehousectl::commands
