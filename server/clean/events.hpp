// What open pages are told: a device registered, a user changed. The stream is /api/v1/events; each event reaches those
// alone whom it concerns. Any thread.
#pragma once

#include "server/clean/services.hpp"
#include "server/http/router.hpp"

#include <string_view>
#include <vector>

namespace gatehouse::clean {

/// device.registered, for administrators.
void tell_device_registered(const Services& services, std::string_view device_id);
/// user.changed, for administrators: made, changed or gone.
void tell_user_changed(const Services& services, std::string_view login);

/// Appends the route; `services` must outlive it.
void add_event_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
