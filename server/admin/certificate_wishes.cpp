#include "server/admin/certificate_wishes.hpp"

#include "certstore/names.hpp"
#include "server/admin/replies.hpp"
#include "server/http/json_body.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

namespace {

void read_key_type(http::JsonObject& body, std::optional<config::KeyType>& key_type) {
    body.choice("key_type", key_type,
                {{"ecdsa-p256", config::KeyType::ecdsa_p256},
                 {"rsa-2048", config::KeyType::rsa_2048},
                 {"rsa-3072", config::KeyType::rsa_3072},
                 {"rsa-4096", config::KeyType::rsa_4096},
                 {"ed25519", config::KeyType::ed25519}});
}

http::Refusal at_member(const base::Error& error, std::string pointer) {
    return {422, error.code, error.text(), std::move(pointer)};
}

std::string pointer_to_name(std::size_t index) {
    return "/names/" + std::to_string(index);
}

// The error names the field of the subject: "C of the subject ...".
std::string pointer_to_field(const base::Error& error) {
    constexpr auto fields = std::to_array<std::pair<std::string_view, std::string_view>>({{"CN", "common_name"},
                                                                                          {"O", "organization"},
                                                                                          {"OU", "organizational_unit"},
                                                                                          {"L", "locality"},
                                                                                          {"ST", "state"},
                                                                                          {"C", "country"}});
    const std::string_view named = std::string_view(error.message).substr(0, error.message.find(' '));
    for (const auto& [field, member] : fields) {
        if (field == named) return "/subject/" + std::string(member);
    }
    return "/subject";
}

}  // namespace

http::Judged<Parts> read_parts(const http::Request& request) {
    constexpr std::size_t most_parts = 32;
    auto form = http::read_form(request, {.parts = most_parts}, most_upload_bytes);
    if (!form) return tl::unexpected(form.error());
    Parts parts{std::move(*form), {}, {}};
    for (const http::FormPart& part : parts.form.parts()) {
        const std::string& name = part.header.name;
        if (name == "passphrase") {
            parts.passphrase = part.value.clone();
        } else if (name == "certificate" || name == "key" || name == "pkcs12") {
            parts.pieces.push_back({part.header.filename.value_or(name), part.value.reveal()});
        } else {
            return tl::unexpected(
                http::Refusal{422, "bad_parameter", "There is no part of that name: " + name + ".", std::nullopt});
        }
    }
    return parts;
}

credentials::Upload upload_of(certstore::Bundle bundle) {
    credentials::Upload upload;
    upload.certificate_pem = std::move(bundle.certificates_pem);
    if (bundle.key_pem) upload.key_pem = std::move(*bundle.key_pem);
    if (bundle.passphrase) upload.passphrase = std::move(*bundle.passphrase);
    return upload;
}

http::Judged<credentials::Regenerate> read_regenerate(const http::Request& request) {
    return http::read_json<credentials::Regenerate>(request, [](http::JsonObject& body, credentials::Regenerate& wish) {
        std::optional<std::vector<std::string>> names;
        body.texts("names", names, {.least = 1, .most = 100}, {.most = 253});
        body.whole("days", wish.days, 1, 36500);
        read_key_type(body, wish.key_type);
        if (names) wish.names = std::move(*names);
    });
}

http::Judged<certstore::RequestWish> read_request_wish(const http::Request& request, const std::string& hostname) {
    return http::read_json<certstore::RequestWish>(request, [&](http::JsonObject& body, certstore::RequestWish& wish) {
        std::optional<std::vector<std::string>> names;
        std::optional<config::KeyType> key_type;
        body.texts("names", names, {.least = 1, .most = 100}, {.most = 253});
        read_key_type(body, key_type);
        wish.key_type = key_type.value_or(config::KeyType::ecdsa_p256);
        wish.subject.common_name = hostname;
        body.optional_object("subject", [&](http::JsonObject& subject) {
            std::optional<std::string> text;
            const auto part = [&](std::string_view name, std::string& into, std::size_t most) {
                text.reset();
                subject.text(name, text, {.least = 1, .most = most});
                if (text) into = std::move(*text);
            };
            part("common_name", wish.subject.common_name, 64);
            part("organization", wish.subject.organization, 64);
            part("organizational_unit", wish.subject.organizational_unit, 64);
            part("locality", wish.subject.locality, 128);
            part("state", wish.subject.state, 128);
            part("country", wish.subject.country, 64);  // that it is two letters is for who makes the request to say
        });
        wish.names = names ? std::move(*names) : std::vector<std::string>{hostname};
    });
}

std::optional<http::Refusal> judge_names(const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto one = certstore::alternative_names({names[i]});
        if (!one && one.error().code == "name_invalid") return at_member(one.error(), pointer_to_name(i));
    }
    return std::nullopt;
}

http::Response refused_request(const base::Error& error, const certstore::RequestWish& wish) {
    if (error.code == "subject_invalid") return http::problem(at_member(error, pointer_to_field(error)));
    if (error.code != "name_invalid") return refused(error);
    for (std::size_t i = 0; i < wish.names.size(); ++i) {
        if (certstore::name_fault(wish.names[i])) return http::problem(at_member(error, pointer_to_name(i)));
    }
    return http::problem(at_member(error, "/names"));
}

}  // namespace gatehouse::admin
