// What open pages are told of samples: sample.changed, to those alone who may see the sample. Any thread.
#pragma once

#include "records/sample.hpp"
#include "server/http/event_hub.hpp"

namespace gatehouse::clean {

/// It was submitted, went on to another state or was judged.
void tell_sample_changed(http::EventHub& events, const records::Sample& sample);

}  // namespace gatehouse::clean
