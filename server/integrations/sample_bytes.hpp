// A sample's bytes as they lie in the store, read a stretch at a time on the threads for slow work. Owned by the
// coroutine that reads it.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "server/net/pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::integrations {

class SampleBytes {
public:
    static constexpr std::size_t stretch = 256UL * 1024;

    /// Opens the regular file `path`, following no link, which has to have `size` bytes. Errors: io/sample_unreadable;
    /// those of Pool::run.
    [[nodiscard]] static boost::asio::awaitable<base::Result<SampleBytes>> open(net::Pool& pool,
                                                                                std::filesystem::path path,
                                                                                std::uint64_t size);

    /// The next bytes, `stretch` at most; empty at the end. The view holds until the next call. Errors as of `open`.
    [[nodiscard]] boost::asio::awaitable<base::Result<std::string_view>> next(net::Pool& pool);

private:
    struct File {
        base::Descriptor descriptor;
        std::filesystem::path path;
        std::uint64_t size = 0;
        std::uint64_t at = 0;
        std::string bytes;
    };
    explicit SampleBytes(std::unique_ptr<File> file) : file_(std::move(file)) {}

    [[nodiscard]] static base::Result<std::unique_ptr<File>> open_file(const std::filesystem::path& path,
                                                                       std::uint64_t size);
    [[nodiscard]] static base::Result<void> read_next(File& file);

    std::unique_ptr<File> file_;  // stays where it is while a thread reads into it
};

/// Opens a sample's file for reading: a regular one of `size` bytes, no link. Blocking. Errors: io/sample_unreadable.
[[nodiscard]] base::Result<base::Descriptor> open_sample(const std::filesystem::path& path, std::uint64_t size);

}  // namespace gatehouse::integrations
