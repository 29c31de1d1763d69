#include "server/http/accept.hpp"

#include "server/http/framing.hpp"
#include "server/http/list.hpp"
#include "server/http/parameters.hpp"

#include <optional>

namespace gatehouse::http {

namespace {

// Thousandths, as a qvalue can tell them.
using Weight = unsigned;
constexpr Weight full_weight = 1000;

// qvalue = "0" ["." up to 3 digits] / "1" ["." up to 3 zeros]
std::optional<Weight> read_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    Weight weight = text[0] == '1' ? full_weight : 0;
    Weight unit = 100;
    for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        weight += unit * static_cast<Weight>(text[i] - '0');
    }
    if (weight > full_weight) return std::nullopt;
    return weight;
}

struct Accepted {
    std::optional<Weight> identity;
    std::optional<Weight> gzip;
    std::optional<Weight> brotli;
    std::optional<Weight> any;
};

std::optional<Weight>* place_of(std::string_view coding, Accepted& accepted) {
    if (same_name(coding, "gzip") || same_name(coding, "x-gzip")) return &accepted.gzip;
    if (same_name(coding, "br")) return &accepted.brotli;
    if (same_name(coding, "identity")) return &accepted.identity;
    return coding == "*" ? &accepted.any : nullptr;
}

void take_member(std::string_view member, Accepted& accepted) {
    const auto length = token_length(member);
    auto* const place = place_of(member.substr(0, length), accepted);
    if (place == nullptr || *place) return;
    const auto rest = trimmed(member.substr(length));
    if (rest.empty()) {
        *place = full_weight;
        return;
    }
    const auto weight = trimmed(rest.substr(1));
    if (rest.front() == ';' && same_name(weight.substr(0, 2), "q=")) *place = read_weight(weight.substr(2));
}

bool is_utf8_charset(const Parameterized& type) {
    const auto* charset = type.find("charset");
    return charset == nullptr || same_name(*charset, "utf-8") || same_name(*charset, "utf8");
}

}  // namespace

std::string_view name(Coding coding) {
    switch (coding) {
        case Coding::gzip:
            return "gzip";
        case Coding::brotli:
            return "br";
        case Coding::identity:
            break;
    }
    return {};
}

Coding choose_coding(const Request& request, Codings available) {
    Accepted accepted;
    for (const auto& field : request.fields) {
        if (!same_name(field.name, "Accept-Encoding")) continue;
        static_cast<void>(each_member(field.value, [&](std::string_view member) {
            take_member(member, accepted);
            return true;
        }));
    }
    // Identity is acceptable without being named, but anything that is named is liked better.
    Coding chosen = Coding::identity;
    Weight best = accepted.identity.value_or(accepted.any.value_or(0));
    const auto consider = [&](Coding coding, bool there, std::optional<Weight> weight) {
        const Weight found = weight.value_or(accepted.any.value_or(0));
        if (!there || found == 0 || found < best) return;
        chosen = coding;
        best = found;
    };
    consider(Coding::gzip, available.gzip, accepted.gzip);
    consider(Coding::brotli, available.brotli, accepted.brotli);
    return chosen;
}

BodyType body_type(const Request& request) {
    std::optional<std::string_view> content_type;
    for (const auto& field : request.fields) {
        if (same_name(field.name, "Content-Type")) {
            if (content_type) return BodyType::other;
            content_type = field.value;
        } else if (same_name(field.name, "Content-Encoding") && !same_name(field.value, "identity")) {
            return BodyType::other;
        }
    }
    if (!content_type) return BodyType::untold;
    const auto type = parse_media_type(*content_type);
    if (!type || !is_utf8_charset(*type)) return BodyType::other;
    if (type->value == "application/json") return BodyType::json;
    if (type->value == "application/x-www-form-urlencoded") return BodyType::form;
    if (type->value == "multipart/form-data") return BodyType::multipart;
    return BodyType::other;
}

}  // namespace gatehouse::http
