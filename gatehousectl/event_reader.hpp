// Reads server-sent events (the WHATWG's event stream) out of a body as it arrives. Owned by who reads the stream; one
// thread.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gatehousectl {

struct Event {
    std::string id;    ///< the last one named, which may have been with an earlier event; may be empty
    std::string kind;  ///< "message" where the stream names none
    std::string data;  ///< lines joined by \n
    friend bool operator==(const Event&, const Event&) = default;
};

class EventReader {
public:
    static constexpr std::size_t event_bytes = 65536;

    /// `last_id`: where an earlier stream ended.
    explicit EventReader(std::string last_id = {}) : last_id_(std::move(last_id)) {}

    /// The events that these bytes complete, however they were cut. Fails with event_too_large; the reader is then of
    /// no more use.
    [[nodiscard]] base::Result<std::vector<Event>> feed(std::string_view bytes);

private:
    void take_line(std::string_view line, std::vector<Event>& out);
    void take_field(std::string_view name, std::string_view value);

    std::string last_id_;
    std::string line_;
    std::string kind_;
    std::string data_;
    bool has_data_ = false;
    bool after_return_ = false;  // the last byte was CR, so that an LF belongs to it
    bool at_start_ = true;       // of the stream, where a byte order mark may stand
};

}  // namespace gatehouse::gatehousectl
