#include "records/initial_password.hpp"

#include <cstring>

namespace gatehouse::records {

namespace {

base::Secret as_line(const base::Secret& password) {
    base::Secret line(password.size() + 1);
    std::memcpy(line.writable(), password.reveal().data(), password.size());
    line.writable()[password.size()] = '\n';
    return line;
}

}  // namespace

base::Result<void> commit_initial_password(Transaction& transaction, base::FileSystem& files,
                                           const std::filesystem::path& file, const base::Secret& password) {
    constexpr mode_t line_mode = 0600;
    const base::Secret line = as_line(password);
    if (auto written = base::write_atomically(files, file, line.reveal(), line_mode); !written) return written;
    auto committed = transaction.commit();
    if (!committed) {
        // The next start writes another one over it; that it can't be removed now changes nothing.
        const auto shredded = base::shred(files, file);
        static_cast<void>(shredded);
    }
    return committed;
}

base::Result<void> settle_initial_password(Database& database, base::FileSystem& files,
                                           const std::filesystem::path& file, std::string_view held) {
    const auto answer = database.query(held);
    if (!answer) return base::fail(answer.error());
    if (answer->front().truth(0)) return {};
    return base::shred(files, file);
}

}  // namespace gatehouse::records
