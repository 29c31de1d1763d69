#include "gatehousectl/commands/events.hpp"

#include "base/printable.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/program.hpp"
#include "gatehousectl/text.hpp"
#include "gatehousectl/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <string_view>
#include <thread>
#include <utility>

namespace gatehouse::gatehousectl::commands {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A comment comes every 15 seconds; three that stay away mean that nobody is there.
constexpr milliseconds silence = seconds(45);
constexpr milliseconds first_pause{500};
constexpr milliseconds longest_pause = seconds(30);
constexpr seconds program_patience{300};
constexpr milliseconds between_programs{100};  // who makes events as fast as they can must not make processes so

// Neither a shell's function nor a line of its own, wherever a program puts it.
bool is_name(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz._") == std::string_view::npos;
}

// What became of one connection.
struct Visit {
    bool begun = false;  // the daemon took it
    Outcome<Response> end;
};

class Watch {
public:
    Watch(const Console& console, std::vector<std::string> program) : console_(console), program_(std::move(program)) {}

    // Follows the events until the connection ends.
    Visit follow() {
        Request request;
        request.target = target({"events"});
        request.fields = {{"Accept", "text/event-stream"}};
        if (!last_id_.empty()) request.fields.emplace_back("Last-Event-ID", last_id_);
        EventReader reader(last_id_);
        left_out_ = false;
        bool begun = false;
        auto end = console_.client().stream(
            request,
            [&](std::string_view bytes) {
                begun = true;
                return take(reader.feed(bytes));
            },
            silence);
        return {begun, std::move(end)};
    }

private:
    bool take(const base::Result<std::vector<Event>>& events) {
        if (!events) {
            console_.err() << "gatehousectl: " << events.error().text() << std::endl;
            return false;
        }
        for (const Event& event : *events) {
            if (const auto told = told_event(event, console_.terminal().shows())) {
                tell(event, *told);
            } else if (!std::exchange(left_out_, true)) {
                console_.err() << "gatehousectl: an event was left out: it is none of a gatehoused." << std::endl;
            }
            last_id_ = event.id;
        }
        return console_.out().good();
    }

    void tell(const Event& event, const ToldEvent& told) {
        if (program_.empty()) {
            console_.out() << (console_.json() ? told.json : event_text(event)) << std::endl;
            return;
        }
        const auto ended =
            run_program(program_, told.json + "\n",
                        {{"GATEHOUSE_EVENT", told.kind}, {"GATEHOUSE_INTERFACE", told.interface}}, program_patience);
        // The next event may fare better, so this one is only told.
        if (!ended) console_.err() << "gatehousectl: " << told.kind << ": " << ended.error().error.text() << std::endl;
        std::this_thread::sleep_for(between_programs);
    }

    const Console& console_;
    std::vector<std::string> program_;
    std::string last_id_;
    bool left_out_ = false;  // told already, of this connection
};

}  // namespace

std::optional<ToldEvent> told_event(const Event& event, bool for_terminal) {
    const nlohmann::json data = json_of(event.data);
    const std::string interface = text_in(data, "interface");
    if (!data.is_object() || !is_name(event.kind) || (!interface.empty() && !is_name(interface))) return std::nullopt;
    return ToldEvent{event.kind, interface, line_of(data, for_terminal)};
}

std::string event_text(const Event& event) {
    const nlohmann::json data = json_of(event.data);
    const std::string interface = text_in(data, "interface");
    return base::printable(time_text(text_in(data, "at")) + "  " + event.kind + (interface.empty() ? "" : "  ") +
                           interface + "  " + text_in(data, "message"));
}

Outcome<Exit> events(const Console& console, const EventOptions& options) {
    std::vector<std::string> program;
    if (!options.exec.empty()) {
        auto words = split_words(options.exec);
        if (!words) return tl::unexpected(words.error());
        // Told now, to who types it: the first event may come in a year.
        if (const auto found = find_program(words->front()); !found) return tl::unexpected(found.error());
        program = std::move(*words);
    }
    Watch watch(console, std::move(program));
    bool ever = false;
    milliseconds pause = first_pause;
    for (;;) {
        const auto since = Clock::now();
        const Visit visit = watch.follow();
        if (!console.out().good()) return refused("stdout_failed", "Standard output can't be written to.");
        ever = ever || visit.begun;
        if (!ever && !visit.end) return tl::unexpected(visit.end.error());
        const int status = visit.end ? visit.end->head.status : 200;
        if (status != 200 && (!ever || status < 500)) return tl::unexpected(refusal(status, visit.end->body));
        if (visit.begun) {
            console.err() << "gatehousectl: the daemon has ended the stream of events; waiting for it to come back."
                          << std::endl;
        }
        if (Clock::now() - since > longest_pause) pause = first_pause;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, longest_pause);
    }
}

}  // namespace gatehouse::gatehousectl::commands
