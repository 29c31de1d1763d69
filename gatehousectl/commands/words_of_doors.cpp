#include "gatehousectl/commands/words_of_doors.hpp"

#include "base/text.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/target.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

namespace gatehouse::gatehousectl::commands {

std::string source_text(std::string_view source) {
    if (source == "operator") return "the operator's";
    if (source == "last_good") return "the last good one: the operator's cannot be served";
    if (source == "self_signed") return "self-signed, made by Gatehouse";
    return std::string(source);
}

namespace {

// What mends a refused change. The daemon tells its reasons for the pair it read; what comes next is the same for all.
std::string advice_for(const std::string& code, const std::string& interface) {
    const std::string of_door = " --interface " + interface;
    if (code == "key_locked") return "Give its passphrase: gatehousectl passphrase set" + of_door;
    if (code == "key_mismatch")
        return "Place the key that belongs to the certificate, or upload both: gatehousectl certificate upload" +
               of_door + " FILE --key FILE";
    return "See what is served with gatehousectl certificate show" + of_door +
           ", then place or upload another pair: gatehousectl certificate upload" + of_door + " FILE --key FILE";
}

}  // namespace

std::string reload_text(const nlohmann::json& reload, const std::string& interface) {
    if (!reload.is_object()) return "-";
    const std::string code = text_in(reload, "code");
    return time_text(text_in(reload, "at")) + " (" + text_in(reload, "trigger") + "): " + text_in(reload, "result") +
           (code.empty() ? "" : " " + code) + ". " + text_in(reload, "message") +
           (text_in(reload, "result") == "refused" ? " " + advice_for(code, interface) : "");
}

std::string padlock_text(const nlohmann::json& door) {
    const std::string reasons = base::joined(texts_in(door, "padlock_reasons"), " ");
    return text_in(door, "padlock") + (reasons.empty() ? "" : ": ") + reasons;
}

std::string validity_text(const nlohmann::json& certificate) {
    return time_text(text_in(certificate, "not_before")) + " to " + time_text(text_in(certificate, "not_after")) +
           ", " + days_text(number_in(certificate, "days_left"));
}

std::string days_text(std::int64_t days_left) {
    if (days_left >= 0) return counted(days_left, "day") + " left";
    // The daemon rounds down: -1 is a day that has only begun.
    const std::int64_t whole_days = -days_left - 1;
    return whole_days == 0 ? "expired less than a day ago" : "expired " + counted(whole_days, "day") + " ago";
}

}  // namespace gatehouse::gatehousectl::commands
