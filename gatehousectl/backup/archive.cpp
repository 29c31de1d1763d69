#include "gatehousectl/backup/archive.hpp"

#include "gatehousectl/backup/big_endian.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;

constexpr mode_t permissions = 0777;
constexpr std::size_t longest_name = 4096;

}  // namespace

Result<void> ArchiveWriter::begin(const Entry& entry) {
    if (left_ != 0) throw std::logic_error("an entry of a backup ended early");
    ++count_;
    left_ = entry.size;
    return stream_.write(big_endian(entry.name.size(), 2) + entry.name + big_endian(entry.mode & permissions, 4) +
                         big_endian(entry.size, 8));
}

Result<void> ArchiveWriter::write(std::string_view bytes) {
    if (bytes.size() > left_) throw std::logic_error("an entry of a backup is too long");
    left_ -= bytes.size();
    return stream_.write(bytes);
}

Result<void> ArchiveWriter::add(const std::string& name, mode_t mode, std::string_view bytes) {
    if (auto begun = begin({name, mode, bytes.size()}); !begun) return begun;
    return write(bytes);
}

tl::unexpected<base::Error> ArchiveReader::damaged() const {
    return base::fail(ErrorKind::input, "backup_damaged",
                      name_ + " can be opened, but holds what this version of Gatehouse can't understand.",
                      "Restore it with the version that made it.");
}

Result<std::string> ArchiveReader::fixed(std::size_t size) {
    std::string text(size, '\0');
    const auto got = stream_.read(text.data(), size);
    if (!got) return base::fail(got.error());
    if (*got != size) return damaged();
    return text;
}

Result<std::optional<Entry>> ArchiveReader::next() {
    std::string passed_over(chunk_size, '\0');
    while (left_ > 0) {
        const auto got = read(passed_over.data(), passed_over.size());
        if (!got) return base::fail(got.error());
    }
    std::string length(2, '\0');
    const auto got = stream_.read(length.data(), length.size());
    if (!got) return base::fail(got.error());
    if (*got == 0) return std::nullopt;
    const std::size_t name_size = number_in(length);
    if (*got != length.size() || name_size == 0 || name_size > longest_name) return damaged();
    const auto header = fixed(name_size + 4 + 8);
    if (!header) return base::fail(header.error());
    const std::string_view numbers = std::string_view(*header).substr(name_size);
    Entry entry{header->substr(0, name_size), static_cast<mode_t>(number_in(numbers.substr(0, 4))) & permissions,
                number_in(numbers.substr(4))};
    left_ = entry.size;
    ++count_;
    return entry;
}

Result<std::size_t> ArchiveReader::read(char* to, std::size_t count) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
    auto got = stream_.read(to, wanted);
    if (!got) return base::fail(got.error());
    if (*got != wanted) return damaged();
    left_ -= *got;
    return got;
}

Result<base::Secret> ArchiveReader::read_all(std::size_t limit) {
    if (left_ > limit) return damaged();
    base::Secret bytes(static_cast<std::size_t>(left_));
    const auto got = read(bytes.writable(), bytes.size());
    if (!got) return base::fail(got.error());
    return bytes;
}

}  // namespace gatehouse::gatehousectl::backup
