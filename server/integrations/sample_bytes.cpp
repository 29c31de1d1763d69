#include "server/integrations/sample_bytes.hpp"

#include "base/advice.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;

namespace {

tl::unexpected<base::Error> unreadable(const std::filesystem::path& path, const std::string& why) {
    return base::fail(base::ErrorKind::io, "sample_unreadable",
                      "The sample's file " + path.string() + " cannot be read: " + why + ".");
}

}  // namespace

base::Result<base::Descriptor> open_sample(const std::filesystem::path& path, std::uint64_t size) {
    // Without O_NONBLOCK a pipe of that name would keep the thread.
    base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) return unreadable(path, base::words_of(errno));
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0) return unreadable(path, base::words_of(errno));
    if (!S_ISREG(facts.st_mode)) return unreadable(path, "it is no regular file");
    if (static_cast<std::uint64_t>(facts.st_size) != size) {
        return unreadable(path, "it has " + std::to_string(facts.st_size) + " bytes, not the " + std::to_string(size) +
                                    " that were submitted");
    }
    return file;
}

base::Result<std::unique_ptr<SampleBytes::File>> SampleBytes::open_file(const std::filesystem::path& path,
                                                                        std::uint64_t size) {
    auto opened = open_sample(path, size);
    if (!opened) return base::fail(std::move(opened.error()));
    auto file = std::make_unique<File>();
    file->descriptor = std::move(*opened);
    file->path = path;
    file->size = size;
    file->bytes.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(size, stretch)));
    return file;
}

asio::awaitable<base::Result<SampleBytes>> SampleBytes::open(net::Pool& pool, std::filesystem::path path,
                                                             std::uint64_t size) {
    const auto work = [&path, size] { return open_file(path, size); };
    auto opened = co_await pool.run(work);
    if (!opened) co_return base::fail(std::move(opened.error()));
    co_return SampleBytes(std::move(*opened));
}

base::Result<void> SampleBytes::read_next(File& file) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(stretch, file.size - file.at));
    file.bytes.resize(wanted);
    std::size_t filled = 0;
    while (filled < wanted) {
        const ssize_t got = ::pread(file.descriptor.get(), file.bytes.data() + filled, wanted - filled,
                                    static_cast<off_t>(file.at + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return unreadable(file.path, base::words_of(errno));
        if (got == 0) return unreadable(file.path, "it became shorter while it was read");
        filled += static_cast<std::size_t>(got);
    }
    file.at += filled;
    return {};
}

asio::awaitable<base::Result<std::string_view>> SampleBytes::next(net::Pool& pool) {
    File& file = *file_;
    if (file.at == file.size) co_return std::string_view();
    const auto work = [&file] { return read_next(file); };
    auto read = co_await pool.run(work);
    if (!read) co_return base::fail(std::move(read.error()));
    co_return std::string_view(file.bytes);
}

}  // namespace gatehouse::integrations
