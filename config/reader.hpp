// Reads the members of a JSON object into typed values and collects what is wrong, each problem by the path of its
// member, so that who wrote the object sees everything at once. Made for a document while it is read; one thread.
#pragma once

#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gatehouse::config {

/// Everything found wrong in one file, as errors input/configuration_invalid.
class Problems {
public:
    explicit Problems(std::filesystem::path file) : file_(std::move(file)) {}
    /// "FILE: PATH SAYING", e.g. saying "must be a text.". From the 51st on problems are only counted.
    void add(std::string_view path, std::string_view saying, std::string advice = {});
    /// What was added, the uncounted last.
    [[nodiscard]] std::vector<base::Error> take();

private:
    std::filesystem::path file_;
    std::vector<base::Error> errors_;
    std::size_t not_shown_ = 0;
};

/// One object. Reading a member makes its name known; `finish` reports all others. A member that is missing or wrong
/// leaves the value as it was.
class Reader {
public:
    /// `path` is the object's own, "" at the top. A `value` that is no object is reported and read as an empty one.
    /// Keeps references: value and problems outlive the reader.
    Reader(const nlohmann::json& value, std::string path, Problems& problems);

    /// The member as a reader of its own; one that is missing reads as an empty object.
    [[nodiscard]] Reader object(std::string_view name);
    /// The elements of an array, or null where the member is missing or wrong.
    [[nodiscard]] const nlohmann::json* array(std::string_view name);
    /// True where the member was there and fits.
    bool text(std::string_view name, std::string& value);
    template <class Number>
    void whole(std::string_view name, Number& value, std::uint64_t least, std::uint64_t most) {
        static_assert(std::is_unsigned_v<Number>);
        std::uint64_t wide = value;
        read_whole(name, wide, least, std::min<std::uint64_t>(most, std::numeric_limits<Number>::max()));
        value = static_cast<Number>(wide);
    }
    /// A text out of `choices`. True where the member was there and fits.
    template <class Value>
    bool choice(std::string_view name, Value& value, const std::vector<std::pair<std::string_view, Value>>& choices) {
        std::vector<std::string_view> words;
        words.reserve(choices.size());
        for (const auto& [word, meaning] : choices)
            words.push_back(word);
        const std::size_t chosen = read_choice(name, words);
        if (chosen >= choices.size()) return false;
        value = choices[chosen].second;
        return true;
    }
    /// Reports each member that nothing asked for.
    void finish();

    [[nodiscard]] std::string path_of(std::string_view name) const;

private:
    [[nodiscard]] const nlohmann::json* member(std::string_view name);
    void read_whole(std::string_view name, std::uint64_t& value, std::uint64_t least, std::uint64_t most);
    [[nodiscard]] std::size_t read_choice(std::string_view name, const std::vector<std::string_view>& words);

    const nlohmann::json* value_;  // null: read as an empty object
    std::string path_;
    Problems* problems_;
    std::vector<std::string_view> known_;
};

}  // namespace gatehouse::config
