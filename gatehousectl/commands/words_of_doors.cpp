#include "gatehousectl/commands/words_of_doors.hpp"

#include "gatehousectl/answer.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

namespace gatehouse::gatehousectl::commands {

std::string source_text(std::string_view source) {
    if (source == "operator") return "the operator's";
    if (source == "last_good") return "the last good one: the operator's cannot be served";
    if (source == "self_signed") return "self-signed, made by Gatehouse";
    return std::string(source);
}

std::string reload_text(const nlohmann::json& reload) {
    if (!reload.is_object()) return "-";
    const std::string code = text_in(reload, "code");
    return time_text(text_in(reload, "at")) + " (" + text_in(reload, "trigger") + "): " + text_in(reload, "result") +
           (code.empty() ? "" : " " + code) + ". " + text_in(reload, "message");
}

std::string days_text(std::int64_t days_left) {
    if (days_left >= 0) return counted(days_left, "day") + " left";
    return "expired " + counted(-days_left, "day") + " ago";
}

}  // namespace gatehouse::gatehousectl::commands
