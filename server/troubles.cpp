#include "server/troubles.hpp"

#include "base/text.hpp"

#include <utility>

namespace gatehouse::server {

namespace {

// As a part of a list.
std::string without_stop(std::string sentence) {
    if (sentence.ends_with('.')) sentence.pop_back();
    return sentence;
}

}  // namespace

std::vector<admin::Trouble> Troubles::all() const {
    std::vector<admin::Trouble> all;
    for (const auto& [topic, troubles] : known_)
        all.insert(all.end(), troubles.begin(), troubles.end());
    return all;
}

std::vector<std::string> Troubles::summary() const {
    std::vector<std::string> parts;
    for (const admin::Trouble& one : all()) {
        if (!one.brief.empty()) parts.push_back(one.brief);
    }
    return parts;
}

admin::Trouble trouble(const std::string& code, const base::Error& why, std::string_view consequence) {
    const std::string message = why.message + " " + std::string(consequence);
    return {code, message, why.advice, code + ": " + without_stop(message)};
}

std::vector<admin::Trouble> troubles_of_refused(const std::vector<base::Error>& errors) {
    std::vector<admin::Trouble> troubles;
    for (const base::Error& error : errors) {
        const std::string then = "All of the old configuration stays in force. Then run: gatehousectl reload";
        troubles.push_back({"configuration_refused", error.message,
                            error.advice.empty() ? "Mend it. " + then : error.advice + " " + then, ""});
    }
    // The line has room for one: the log and the console have them all.
    if (!troubles.empty()) troubles.front().brief = "configuration REFUSED: " + without_stop(errors.front().message);
    return troubles;
}

std::vector<admin::Trouble> troubles_of_restart(const std::vector<std::string>& options) {
    if (options.empty()) return {};
    const std::string named = base::joined(options, ", ");
    return {{"needs_restart", "The configuration is in force but for what needs a restart: " + named + ".",
             "When it suits, run: systemctl restart gatehouse", "needs_restart: " + named}};
}

}  // namespace gatehouse::server
