#include "server/clean/field_configuration.hpp"

#include "server/clean/visit.hpp"

#include <string_view>

namespace gatehouse::clean {

namespace {

// The analysis engine decides how it looks at a sample; what a client chooses is kept with the submission. So there is
// one of each to choose, the engine's own.
Json the_only(std::string_view id, std::string_view name, std::string_view description) {
    return Json::array({{{"id", id}, {"name", name}, {"description", description}, {"default", true}}});
}

http::Response vms(const Services& /*services*/, const Visit& visit) {
    Json machines = the_only("default", "Analysis engine", "Where the engine of this appliance looks at samples.");
    return enveloped(visit.request(),
                     {{"default", "default"}, {"vms", {{"default", "Analysis engine"}}}, {"items", machines}});
}

http::Response playbooks(const Services& /*services*/, const Visit& visit) {
    return enveloped(visit.request(),
                     {{"playbooks", the_only("default", "Default", "What the engine does by itself.")}});
}

http::Response network_exits(const Services& /*services*/, const Visit& visit) {
    return enveloped(visit.request(),
                     {{"network_exits", the_only("default", "Default", "What the engine's own network allows.")}});
}

}  // namespace

void add_field_configuration_routes(std::vector<http::Route>& routes, const Services& services) {
    const auto add = [&](const char* path, auto handler) {
        routes.push_back(
            {http::Method::get, path, http::Access::anyone, Arguments::most_bytes, with_visit(services, handler)});
    };
    add("/api/v3/configuration/vms", vms);
    add("/api/v3/configuration/playbooks", playbooks);
    add("/api/v3/configuration/network-exits", network_exits);
}

}  // namespace gatehouse::clean
