// Any bytes as a moment: nothing crashes, nothing overflows, what is accepted lies in a range that a column holds, and
// case and blanks change nothing.
#include "records/time_phrase.hpp"

#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string phrase(reinterpret_cast<const char*>(data), size);
    constexpr records::Time now = records::time_of(1'735'689'600'000'000);
    const auto time = records::time_of_phrase(phrase, now);
    if (!time) {
        require(time.error().code == "time_invalid" && time.error().message.size() < 300);
        return 0;
    }
    constexpr auto end = std::chrono::sys_days(std::chrono::year(10001) / 1 / 1);
    require(*time >= records::Time{} && *time < end);

    std::string louder;
    for (const char c : phrase)
        louder += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    require(records::time_of_phrase(louder, now) == time);
    if (phrase.size() < 60) require(records::time_of_phrase(" " + phrase + "\t", now) == time);
    return 0;
}
