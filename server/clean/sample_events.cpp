#include "server/clean/sample_events.hpp"

#include "server/clean/members.hpp"
#include "server/clean/sample_services.hpp"
#include "server/http/answers.hpp"

namespace gatehouse::clean {

void tell_sample_changed(http::EventHub& events, const records::Sample& sample) {
    const http::Json data{{"event", "sample.changed"},
                          {"at", http::moment_shape(records::now())},
                          {"sample", sample.id},
                          {"state", records::name(sample.state)},
                          {"score", sample.score ? http::Json(*sample.score) : http::Json(nullptr)}};
    // Every listener of this door came through the gate of Members.
    const auto concerns = [owner = sample.owner](const http::Caller& caller) {
        return records::may_see(viewer_of(static_cast<const Member&>(caller).user), owner);
    };
    events.publish("sample.changed", data.dump(), concerns);
}

}  // namespace gatehouse::clean
