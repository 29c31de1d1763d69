// A JSON document whose strings are wiped when it goes: the type alone, without nlohmann's large header. See
// config/json_text for making one. Values; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string.h>
#include <string>
#include <vector>

namespace gatehouse::config {

/// Wipes memory before it gives it back.
template <class T>
struct WipingAllocator {
    using value_type = T;
    WipingAllocator() = default;
    template <class U>
    WipingAllocator(const WipingAllocator<U>& /*other*/) noexcept {}  // NOLINT(google-explicit-constructor)
    [[nodiscard]] T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) noexcept {
        ::explicit_bzero(static_cast<void*>(memory), count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    template <class U>
    friend bool operator==(const WipingAllocator& /*a*/, const WipingAllocator<U>& /*b*/) {
        return true;
    }
};

using SecretString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;
using SecretJson = nlohmann::basic_json<std::map, std::vector, SecretString, bool, std::int64_t, std::uint64_t, double,
                                        WipingAllocator>;

}  // namespace gatehouse::config
