// gatehousectl events: shows what happens as it happens, or runs a program for each event. Main's thread; ends when it
// is told to (a signal), or when the daemon refuses.
#pragma once

#include "gatehousectl/console.hpp"
#include "gatehousectl/event_reader.hpp"

namespace gatehouse::gatehousectl::commands {

struct EventOptions {
    std::string exec;  ///< a command line as words.hpp takes it; empty: events are printed
};

/// A daemon that cannot be reached at first ends it; one that goes away later is waited for.
[[nodiscard]] Outcome<Exit> events(const Console& console, const EventOptions& options);

/// One line for people.
[[nodiscard]] std::string event_text(const Event& event);

}  // namespace gatehouse::gatehousectl::commands
