#include "server/net/host_name.hpp"

#include "config/address.hpp"
#include "config/json_text.hpp"

#include <algorithm>

namespace gatehouse::net {

base::Result<std::string> host_name(std::string_view text) {
    std::string name(text);
    if (name.size() > 1 && name.back() == '.') name.pop_back();
    std::string judged = name;  // an underscore is no worse than a letter
    std::replace(judged.begin(), judged.end(), '_', 'x');
    if (const auto fault = config::hostname_fault(judged)) {
        return base::fail(base::ErrorKind::input, "name_invalid",
                          config::in_quotes(text) + " is no host name: it " + *fault + ".");
    }
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name;
}

bool is_localhost(std::string_view name) {
    return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace gatehouse::net
