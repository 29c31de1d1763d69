#include "server/integrations/sample_archive.hpp"

#include "base/advice.hpp"
#include "server/integrations/sample_bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>
#include <zip.h>

namespace gatehouse::integrations {

namespace {

using base::ErrorKind;

tl::unexpected<base::Error> write_failure(const std::filesystem::path& folder, int error) {
    const bool full = error == ENOSPC || error == EDQUOT;
    return base::fail(ErrorKind::io, full ? "disk_full" : "file_io",
                      "An archive cannot be written in " + folder.string() + ": " + base::words_of(error) + ".",
                      full ? "Make room there." : "");
}

// A file without a name.
base::Result<base::Descriptor> make_nameless(const std::filesystem::path& folder) {
    base::Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file) return file;
    if (errno != EOPNOTSUPP && errno != EISDIR) return write_failure(folder, errno);
    std::string name = (folder / "archive-XXXXXX").string();  // this file system has no such files
    file = base::Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (!file) return write_failure(folder, errno);
    ::unlink(name.c_str());
    return file;
}

// The archive's own file as libzip's source that it writes to. libzip asks for it by commands, see
// zip_source_function(3).
class Destination {
public:
    explicit Destination(int file) : file_(file) { zip_error_init(&error_); }
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;
    ~Destination() { zip_error_fini(&error_); }

    /// What writing stumbled over; 0: nothing.
    [[nodiscard]] int system_error() const { return system_error_; }

    static zip_int64_t serve(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command) {
        return static_cast<Destination*>(self)->answer(data, size, command);
    }

private:
    zip_int64_t answer(void* data, zip_uint64_t size, zip_source_cmd_t command) {
        switch (command) {
            case ZIP_SOURCE_SUPPORTS:
                return zip_source_make_command_bitmap(
                    ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
                    ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_WRITE,
                    ZIP_SOURCE_SEEK_WRITE, ZIP_SOURCE_TELL_WRITE, ZIP_SOURCE_COMMIT_WRITE, ZIP_SOURCE_ROLLBACK_WRITE,
                    ZIP_SOURCE_REMOVE, -1);
            case ZIP_SOURCE_STAT:
                return tell_size(data, size);
            case ZIP_SOURCE_ERROR:
                return zip_error_to_data(&error_, data, size);
            case ZIP_SOURCE_WRITE:
                return write(static_cast<const char*>(data), size);
            case ZIP_SOURCE_SEEK_WRITE:
                return seek(data, size);
            case ZIP_SOURCE_TELL_WRITE:
                return static_cast<zip_int64_t>(at_);
            case ZIP_SOURCE_BEGIN_WRITE:
                at_ = 0;
                return 0;
            default:  // it begins empty, and what becomes of it is for its owner to say
                return 0;
        }
    }

    zip_int64_t tell_size(void* data, zip_uint64_t size) {
        if (size < sizeof(zip_stat_t)) return fail(ZIP_ER_INVAL, 0);
        auto* const facts = static_cast<zip_stat_t*>(data);
        zip_stat_init(facts);
        facts->size = end_;
        facts->valid = ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
    }

    zip_int64_t write(const char* bytes, zip_uint64_t size) {
        zip_uint64_t written = 0;
        while (written < size) {
            const ssize_t took = ::pwrite(file_, bytes + written, size - written, static_cast<off_t>(at_ + written));
            if (took < 0 && errno == EINTR) continue;
            if (took <= 0) return fail(ZIP_ER_WRITE, took < 0 ? errno : EIO);
            written += static_cast<zip_uint64_t>(took);
        }
        at_ += written;
        end_ = std::max(end_, at_);
        return static_cast<zip_int64_t>(written);
    }

    zip_int64_t seek(void* data, zip_uint64_t size) {
        const zip_int64_t to = zip_source_seek_compute_offset(at_, end_, data, size, &error_);
        if (to < 0) return -1;
        at_ = static_cast<zip_uint64_t>(to);
        return 0;
    }

    zip_int64_t fail(int zip_code, int system_code) {
        zip_error_set(&error_, zip_code, system_code);
        system_error_ = system_code;
        return -1;
    }

    int file_;
    zip_error_t error_{};
    int system_error_ = 0;
    zip_uint64_t at_ = 0;
    zip_uint64_t end_ = 0;
};

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

tl::unexpected<base::Error> archive_failure(const std::string& words) {
    return base::fail(ErrorKind::internal, "archive_failed", "A sample's archive could not be made: " + words + ".");
}

Archive open_archive(Destination& destination) {
    zip_source_t* const source = zip_source_function_create(&Destination::serve, &destination, nullptr);
    if (source == nullptr) return nullptr;
    Archive archive(zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, nullptr));
    if (!archive) zip_source_free(source);
    return archive;
}

// The archive takes the file, but for a failure.
bool add_entry(zip_t* archive, const ArchiveWish& wish, base::Descriptor sample) {
    std::FILE* const stream = ::fdopen(sample.get(), "rb");
    if (stream == nullptr) return false;
    (void)sample.release();
    zip_source_t* const source = zip_source_filep(archive, stream, 0, static_cast<zip_int64_t>(wish.size));
    if (source == nullptr) {
        std::fclose(stream);  // NOLINT(cppcoreguidelines-owning-memory): nobody took it
        return false;
    }
    const zip_int64_t index = zip_file_add(archive, wish.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    const auto entry = static_cast<zip_uint64_t>(index);
    constexpr zip_uint32_t readable = 0100600U << 16;  // a regular file that nobody may execute
    // The entry keeps the time of the file: what libzip encrypts is checked by that, whatever else it is given.
    // Not compressed either: who asks waits for the whole of it.
    return zip_set_file_compression(archive, entry, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_external_attributes(archive, entry, 0, ZIP_OPSYS_UNIX, readable) == 0 &&
           zip_file_set_encryption(archive, entry, ZIP_EM_TRAD_PKWARE, std::string(archive_password).c_str()) == 0;
}

}  // namespace

base::Result<SampleArchive> make_sample_archive(const ArchiveWish& wish) {
    auto sample = open_sample(wish.sample, wish.size);
    if (!sample) return base::fail(std::move(sample.error()));
    auto file = make_nameless(wish.folder);
    if (!file) return base::fail(std::move(file.error()));
    Destination destination(file->get());
    Archive archive = open_archive(destination);
    if (!archive) return archive_failure("libzip has no memory for it");
    if (!add_entry(archive.get(), wish, std::move(*sample))) return archive_failure(zip_strerror(archive.get()));
    if (zip_close(archive.get()) != 0) {
        if (destination.system_error() != 0) return write_failure(wish.folder, destination.system_error());
        return archive_failure(zip_strerror(archive.get()));
    }
    (void)archive.release();  // zip_close has freed it
    const off_t size = ::lseek(file->get(), 0, SEEK_END);
    if (size <= 0 || ::lseek(file->get(), 0, SEEK_SET) != 0) return write_failure(wish.folder, errno);
    return SampleArchive{std::move(*file), static_cast<std::uint64_t>(size)};
}

}  // namespace gatehouse::integrations
