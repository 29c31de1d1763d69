// A file system that fails or stops at a chosen step, and forgets what was not synced: SystemFiles below one folder,
// with a record of what a power cut would leave. fsync itself is only recorded, not done, so thousands of runs are
// quick. For tests; one thread.
#pragma once

#include "base/files.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::fault {

/// What happens at the chosen step. Steps are the calls that change something, or sync it, counted from 1.
enum class Fault {
    none,
    fail_once,    ///< it fails with io/file_io; a file being written stays behind half written
    fail_always,  ///< so does every later one: the disk went read-only
    full,         ///< it and every later one that takes room fails with io/disk_full
    stop_before,  ///< the process ends (Stopped is thrown) before it,
    stop_half,    ///< in the middle of writing,
    stop_after    ///< or after it
};

/// What a stop takes along.
enum class Loss {
    nothing,         ///< the process was killed, the machine goes on
    all_unsynced,    ///< a power cut: neither bytes nor names that were not synced are there
    unsynced_bytes,  ///< names reached the disk before the bytes: files are cut in half
    some_names       ///< some changed names reached the disk, others did not; unsynced bytes are cut in half
};

/// The process ended.
struct Stopped {};

class FaultyFiles final : public base::FileSystem {
public:
    /// Everything below `root` counts as durable.
    explicit FaultyFiles(std::filesystem::path root);

    void inject(std::size_t step, Fault fault) {
        step_ = step;
        fault_ = fault;
    }
    [[nodiscard]] std::size_t steps() const { return steps_; }
    /// What happens as the step begins, once; it may use the files, and inject a fault into this very step.
    void meanwhile(std::size_t step, std::function<void()> what) {
        meanwhile_step_ = step;
        meanwhile_ = std::move(what);
    }
    /// What `free_bytes` says from now on; nullopt: what is true.
    void pretend_free(std::optional<std::uint64_t> bytes) { free_ = bytes; }
    /// Makes the folder what it is after the loss. `seed` chooses the names of some_names. The object is spent then.
    void lose(Loss loss, unsigned seed);

    [[nodiscard]] base::Result<base::FileContents> read(const std::filesystem::path& path, std::size_t limit,
                                                        base::Links links) const override;
    [[nodiscard]] base::Result<base::FileFacts> facts(const std::filesystem::path& path) const override;
    [[nodiscard]] base::Result<base::FileFacts> link_facts(const std::filesystem::path& path) const override;
    [[nodiscard]] base::Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override;
    [[nodiscard]] base::Result<std::uint64_t> free_bytes(const std::filesystem::path& folder) const override;
    /// Creating it is a step, so is each append, and its sync.
    [[nodiscard]] base::Result<std::unique_ptr<base::GrowingFile>> create(const std::filesystem::path& path,
                                                                          mode_t mode) override;
    [[nodiscard]] base::Result<void> write_new(const std::filesystem::path& path, std::string_view bytes,
                                               mode_t mode) override;
    [[nodiscard]] base::Result<void> sync(const std::filesystem::path& path) override;
    [[nodiscard]] base::Result<void> sync_folder(const std::filesystem::path& folder) override;
    [[nodiscard]] base::Result<void> rename(const std::filesystem::path& from,
                                            const std::filesystem::path& to) override;
    [[nodiscard]] base::Result<void> overwrite(const std::filesystem::path& path) override;
    [[nodiscard]] base::Result<void> remove(const std::filesystem::path& path) override;
    /// One step, in whose middle half of the files are gone.
    [[nodiscard]] base::Result<void> remove_tree(const std::filesystem::path& folder) override;
    [[nodiscard]] base::Result<void> make_folder(const std::filesystem::path& folder, mode_t mode) override;

private:
    class Growing;
    using Names = std::map<std::string, int>;  // name in a folder -> node

    // A file or folder, whatever it is called at the moment; node numbers are never used again.
    struct Node {
        bool folder = false;
        mode_t mode = 0;
        bool synced = false;
        std::string durable_bytes;  // of a file
        std::string last_bytes;     // what it held when it was last seen
        Names durable_names;        // of a folder
    };

    void adopt(const std::filesystem::path& path, int node);
    int add(const std::filesystem::path& path, bool folder, mode_t mode);
    [[nodiscard]] Names live_names(const std::filesystem::path& folder) const;
    /// What the step is to do: nullopt to go on, else the failure.
    [[nodiscard]] base::Result<void> begin(const std::filesystem::path& path, bool takes_room = false);
    void end();
    [[noreturn]] void stop();
    [[nodiscard]] base::Result<void> append(int node, const std::filesystem::path& path, base::GrowingFile& file,
                                            std::string_view bytes);
    [[nodiscard]] base::Result<void> sync_node(int node, const std::filesystem::path& path);
    void build(const std::filesystem::path& path, int node, const std::filesystem::path& live, Loss loss,
               unsigned seed) const;
    [[nodiscard]] Names kept_names(int node, const std::filesystem::path& live, Loss loss, unsigned seed) const;

    base::SystemFiles system_;
    std::filesystem::path root_;
    std::map<int, Node> nodes_;
    std::map<std::filesystem::path, int> live_;
    int next_ = 0;
    std::size_t steps_ = 0;
    std::size_t step_ = 0;
    Fault fault_ = Fault::none;
    std::size_t meanwhile_step_ = 0;
    std::function<void()> meanwhile_;
    bool stopped_ = false;  // destructors have no effect any more
    std::optional<std::uint64_t> free_;
};

}  // namespace gatehouse::fault
