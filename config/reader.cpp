#include "config/reader.hpp"

#include "config/json_text.hpp"
#include "config/nearest_name.hpp"

#include <algorithm>

namespace gatehouse::config {

namespace {

constexpr std::size_t most_shown = 50;

std::string kind_of(const nlohmann::json& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return "a list";
    if (value.is_string()) return "a text";
    if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
    if (value.is_null()) return "null";
    return value.dump();  // a number
}

std::string listed(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known,
                         std::string_view otherwise) {
    const std::string nearest = nearest_name(word, known);
    return nearest.empty() ? std::string(otherwise) : "Did you mean \"" + nearest + "\"?";
}

}  // namespace

void Problems::add(std::string_view path, std::string_view saying, std::string advice) {
    if (errors_.size() == most_shown) {
        ++not_shown_;
        return;
    }
    const std::string subject = path.empty() ? std::string("the whole text") : std::string(path);
    errors_.push_back({base::ErrorKind::input, "configuration_invalid",
                       file_.string() + ": " + subject + " " + std::string(saying), std::move(advice)});
}

std::vector<base::Error> Problems::take() {
    if (not_shown_ != 0) {
        errors_.push_back({base::ErrorKind::input,
                           "configuration_invalid",
                           file_.string() + ": there are " + std::to_string(not_shown_) + " more problems.",
                           {}});
        not_shown_ = 0;
    }
    return std::exchange(errors_, {});
}

Reader::Reader(const nlohmann::json& value, std::string path, Problems& problems)
    : value_(value.is_object() ? &value : nullptr), path_(std::move(path)), problems_(&problems) {
    if (!value.is_object()) problems.add(path_, "must be an object { ... }, not " + kind_of(value) + ".");
}

std::string Reader::path_of(std::string_view name) const {
    return member_path(path_, name);
}

const nlohmann::json* Reader::member(std::string_view name) {
    known_.push_back(name);
    if (value_ == nullptr) return nullptr;
    const auto found = value_->find(name);
    return found == value_->end() ? nullptr : &*found;
}

Reader Reader::object(std::string_view name) {
    static const nlohmann::json empty = nlohmann::json::object();
    const nlohmann::json* found = member(name);
    return Reader(found == nullptr ? empty : *found, path_of(name), *problems_);
}

const nlohmann::json* Reader::array(std::string_view name) {
    const nlohmann::json* found = member(name);
    if (found == nullptr || found->is_array()) return found;
    problems_->add(path_of(name), "must be a list [ ... ], not " + kind_of(*found) + ".");
    return nullptr;
}

bool Reader::text(std::string_view name, std::string& value) {
    const nlohmann::json* found = member(name);
    if (found == nullptr) return false;
    if (!found->is_string()) {
        problems_->add(path_of(name), "must be a text in double quotes, not " + kind_of(*found) + ".");
        return false;
    }
    value = found->get_ref<const std::string&>();
    return true;
}

void Reader::read_whole(std::string_view name, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
    const nlohmann::json* found = member(name);
    if (found == nullptr) return;
    const std::string range = std::to_string(least) + " to " + std::to_string(most);
    if (!found->is_number_integer()) {
        problems_->add(path_of(name), "must be a whole number from " + range + ", not " + kind_of(*found) + ".");
        return;
    }
    // Positive numbers are always parsed as unsigned.
    if (!found->is_number_unsigned() || found->get<std::uint64_t>() < least || found->get<std::uint64_t>() > most) {
        problems_->add(path_of(name), "is " + found->dump() + ", which is not in the range of " + range + ".");
        return;
    }
    value = found->get<std::uint64_t>();
}

std::size_t Reader::read_choice(std::string_view name, const std::vector<std::string_view>& words) {
    std::string word;
    if (!text(name, word)) return words.size();
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
        problems_->add(path_of(name), "must be one of " + listed(words) + "; it is " + in_quotes(word) + ".",
                       did_you_mean(word, words, {}));
    }
    return static_cast<std::size_t>(found - words.begin());
}

void Reader::finish() {
    if (value_ == nullptr) return;
    for (const auto& [name, value] : value_->items()) {
        if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
        problems_->add(path_of(name), "is not known here.",
                       did_you_mean(name, known_, "Known are: " + listed(known_) + "."));
    }
}

}  // namespace gatehouse::config
