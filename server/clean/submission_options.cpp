#include "server/clean/submission_options.hpp"

#include "base/utf8.hpp"
#include "config/json_text.hpp"
#include "server/clean/address_fetch.hpp"
#include "server/clean/sample_tags.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::clean {

namespace {

using http::Judged;
using http::Refusal;

constexpr std::size_t longest_filename = 1024;

tl::unexpected<Refusal> bad_parameter(std::string detail) {
    return tl::unexpected<Refusal>({422, "bad_parameter", std::move(detail)});
}

// "False" is what Python's clients write.
bool is_on(std::string_view value) {
    return !http::same_name(value, "false");
}

std::string cut(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    text.resize(most);
    while (!base::is_utf8(text))
        text.pop_back();
    return text;
}

}  // namespace

Judged<void> check_known_parts(const http::Form& fields) {
    static constexpr std::array<std::string_view, 10> known{
        "tags", "private", "filename", "vm", "os", "playbook", "source", "network_exit", "classify", "sample_password"};
    for (const http::FormPart& part : fields.parts()) {
        if (std::find(known.begin(), known.end(), part.header.name) == known.end())
            return bad_parameter("The form has a part " + config::in_quotes(part.header.name) +
                                 ", which is not known.");
    }
    return {};
}

Judged<records::NewSample> read_options(const Arguments& arguments, const SampleForm& form) {
    records::NewSample fresh;
    const auto text = [&](std::string_view name) { return arguments.text(name).value_or(""); };
    std::string fetched_name;
    if (!form.sample) {
        fresh.url = text("url");
        const auto url = net::parse_https_url(fresh.url);
        if (!url) return bad_parameter("The parameter url can't be fetched. " + url.error().text());
        fetched_name = file_name_of(*url);
    }
    fresh.filename = text("filename");
    if (fresh.filename.empty()) fresh.filename = form.sample ? form.filename.value_or("") : fetched_name;
    fresh.filename = cut(std::move(fresh.filename), longest_filename);
    if (fresh.filename.empty()) fresh.filename = form.sample ? form.sample->content.sha256 : "";
    fresh.tags = tags_in(arguments, {"tags"});
    if (const auto value = arguments.find("private")) fresh.owner.is_private = is_on(*value);
    fresh.options = {.vm = text("vm"),
                     .os = text("os"),
                     .playbook = text("playbook"),
                     .network_exit = text("network_exit"),
                     .source = text("source"),
                     .classify = text("classify"),
                     .callback_url = text("callback_url"),
                     .email_notification = text("email_notification")};
    return fresh;
}

}  // namespace gatehouse::clean
