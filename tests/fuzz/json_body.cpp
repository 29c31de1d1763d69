// Any bytes as the JSON body of an API request, read as an object that has a member of each kind: what is taken keeps
// the rules that were asked for, what is not is refused as a request's fault, and nothing throws.
#include "server/http/json_body.hpp"

#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

struct Asked {
    std::string username;
    base::Secret password;
    std::optional<std::string> otp;
    std::optional<std::vector<std::string>> names;
    std::optional<unsigned> days;
    std::optional<int> key_type;
    std::optional<http::Microseconds> until;
    std::optional<bool> on;
    std::vector<std::int64_t> ids;
};

void read_asked(http::JsonObject& body, Asked& asked) {
    body.text("username", asked.username, {.least = 1, .most = 64});
    body.secret("password", asked.password, 1, 64);
    body.text("otp", asked.otp, {.least = 0, .most = 8, .characters = http::Characters::any});
    body.texts("names", asked.names, {.least = 1, .most = 4}, {.least = 1, .most = 16});
    body.whole("days", asked.days, 1, 36500);
    body.choice("key_type", asked.key_type, {{"ecdsa-p256", 1}, {"rsa-2048", 2}});
    body.time("until", asked.until);
    body.boolean("on", asked.on);
    body.optional_object("dns", [](http::JsonObject& inner) {
        std::optional<std::vector<std::string>> servers;
        inner.texts("clean", servers, {.least = 0, .most = 8});
    });
    if (!body.has("list")) return;
    body.objects("list", {.least = 0, .most = 8}, [&](http::JsonObject& element) {
        std::int64_t id = 0;
        element.whole("id", id, 1, 1000);
        asked.ids.push_back(id);
    });
}

void check(const Asked& asked) {
    require(!asked.username.empty() && base::count_characters(asked.username) <= 64);
    require(asked.username.find('\n') == std::string::npos && base::is_utf8(asked.username));
    require(!asked.password.empty() && asked.password.size() <= 64);
    require(!asked.otp || base::count_characters(*asked.otp) <= 8);
    require(!asked.names || (!asked.names->empty() && asked.names->size() <= 4));
    require(!asked.days || (*asked.days >= 1 && *asked.days <= 36500));
    for (const std::int64_t id : asked.ids)
        require(id >= 1 && id <= 1000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    http::Request request;
    request.method = http::Method::post;
    request.fields.push_back({"Content-Type", "application/json"});
    request.body = {reinterpret_cast<const char*>(data), size};
    constexpr std::size_t most_bytes = 8192;
    const auto asked = http::read_json<Asked>(request, read_asked, {.bytes = most_bytes});
    if (asked) {
        require(size <= most_bytes);
        check(*asked);
        return 0;
    }
    const http::Refusal& refusal = asked.error();
    require(refusal.status == 400 || refusal.status == 413 || refusal.status == 422);
    require(!refusal.code.empty() && !refusal.detail.empty());
    require(!refusal.pointer || refusal.pointer->empty() || refusal.pointer->front() == '/');
    return 0;
}
