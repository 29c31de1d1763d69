#include "gatehousectl/event_reader.hpp"

#include <utility>

namespace gatehouse::gatehousectl {

base::Result<std::vector<Event>> EventReader::feed(std::string_view bytes) {
    std::vector<Event> events;
    for (const char c : bytes) {
        const bool belongs_to_return = c == '\n' && after_return_;
        after_return_ = c == '\r';
        if (belongs_to_return) continue;
        if (c == '\r' || c == '\n') {
            const std::string line = std::exchange(line_, {});
            take_line(line, events);
            continue;
        }
        line_ += c;
        if (line_.size() + data_.size() > event_bytes) {
            return base::fail(base::ErrorKind::unavailable, "event_too_large",
                              "An event has more than " + std::to_string(event_bytes) + " bytes.");
        }
    }
    return events;
}

void EventReader::take_line(std::string_view line, std::vector<Event>& out) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (std::exchange(at_start_, false) && line.starts_with(mark)) line.remove_prefix(mark.size());
    if (line.empty()) {
        if (has_data_) out.push_back({last_id_, kind_.empty() ? "message" : kind_, data_});
        kind_.clear();
        data_.clear();
        has_data_ = false;
        return;
    }
    const auto colon = line.find(':');
    if (colon == 0) return;  // a comment
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
}

// `retry` is not heeded: the back-off here is our own.
void EventReader::take_field(std::string_view name, std::string_view value) {
    if (name == "event") {
        kind_ = value;
    } else if (name == "data") {
        if (has_data_) data_ += '\n';
        data_ += value;
        has_data_ = true;
    } else if (name == "id" && value.find('\0') == std::string_view::npos) {
        last_id_ = value;
    }
}

}  // namespace gatehouse::gatehousectl
