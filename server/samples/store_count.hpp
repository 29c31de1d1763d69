// How many bytes the store's contents take. Counting a million files takes a while, so that it is done folder by folder
// while the store is worked with; until then what the database says stands in for it. Owned by the store, whose lock
// guards it; any thread that holds that.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::samples {

class StoreCount {
public:
    static constexpr std::size_t folders = 65536;

    /// The folder of a content, from the first four digits of its checksum.
    [[nodiscard]] static std::size_t folder_of(std::string_view sha256);

    /// What there is, as far as is known before anything was counted.
    void expect(std::uint64_t bytes) { expected_ += static_cast<std::int64_t>(bytes); }
    /// So many bytes more are in the folder, or fewer.
    void change(std::size_t folder, std::int64_t bytes);
    /// The folder holds so many at this moment. Once; what is counted again is not counted.
    void found(std::size_t folder, std::uint64_t bytes);
    [[nodiscard]] bool is_complete() const { return counted_.all(); }
    /// Exact once it is complete.
    [[nodiscard]] std::uint64_t bytes() const;

private:
    std::bitset<folders> counted_;
    std::int64_t found_ = 0;     // in those that were counted
    std::int64_t expected_ = 0;  // in all
};

}  // namespace gatehouse::samples
