#include "tests/fault/faulty_files.hpp"

#include <fstream>
#include <functional>
#include <sstream>
#include <sys/stat.h>

namespace gatehouse::fault {

namespace fs = std::filesystem;
using base::Result;

namespace {

std::string bytes_at(const fs::path& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void put(const fs::path& path, std::string_view bytes, mode_t mode) {
    {
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << bytes;
    }
    ::chmod(path.c_str(), mode);
}

std::string_view half(std::string_view bytes) {
    return bytes.substr(0, bytes.size() / 2);
}

}  // namespace

FaultyFiles::FaultyFiles(fs::path root) : root_(std::move(root)) {
    adopt(root_, add(root_, true, 0700));
}

// Takes what is there already into the record, as durable.
void FaultyFiles::adopt(const fs::path& path, int node) {
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
        const auto mode = static_cast<mode_t>(entry.status().permissions());
        const int child = add(entry.path(), entry.is_directory(), mode);
        if (entry.is_directory()) {
            adopt(entry.path(), child);
        } else {
            nodes_[child].synced = true;
            nodes_[child].durable_bytes = bytes_at(entry.path());
        }
        nodes_[node].durable_names[entry.path().filename().string()] = child;
    }
}

int FaultyFiles::add(const fs::path& path, bool folder, mode_t mode) {
    const int node = next_++;
    nodes_[node].folder = folder;
    nodes_[node].mode = mode;
    live_[path] = node;
    return node;
}

FaultyFiles::Names FaultyFiles::live_names(const fs::path& folder) const {
    Names names;
    for (const auto& [path, node] : live_) {
        if (path.parent_path() == folder && path != folder) names[path.filename().string()] = node;
    }
    return names;
}

Result<void> FaultyFiles::begin(const fs::path& path, bool takes_room) {
    if (stopped_) return base::fail(base::ErrorKind::io, "file_io", "The process has ended.");
    ++steps_;
    if (meanwhile_ && steps_ == meanwhile_step_) std::exchange(meanwhile_, {})();
    if (fault_ == Fault::full && steps_ >= step_ && takes_room) {
        return base::fail(base::ErrorKind::io, "disk_full", path.string() + " has no room, as told.");
    }
    if (fault_ == Fault::fail_once && steps_ == step_) {
        return base::fail(base::ErrorKind::io, "file_io", path.string() + " fails as told.");
    }
    if (fault_ == Fault::fail_always && steps_ >= step_) {
        return base::fail(base::ErrorKind::io, "file_io", path.string() + " fails as told, as all do now.");
    }
    if (fault_ == Fault::stop_before && steps_ == step_) stop();
    return {};
}

void FaultyFiles::end() {
    const bool stops = fault_ == Fault::stop_after || fault_ == Fault::stop_half;
    if (stops && steps_ == step_) stop();
}

void FaultyFiles::stop() {
    stopped_ = true;
    throw Stopped{};
}

Result<base::FileContents> FaultyFiles::read(const fs::path& path, std::size_t limit, base::Links links) const {
    return system_.read(path, limit, links);
}

Result<base::FileFacts> FaultyFiles::facts(const fs::path& path) const {
    return system_.facts(path);
}

Result<base::FileFacts> FaultyFiles::link_facts(const fs::path& path) const {
    return system_.link_facts(path);
}

Result<std::vector<std::string>> FaultyFiles::list(const fs::path& folder) const {
    return system_.list(folder);
}

Result<std::uint64_t> FaultyFiles::free_bytes(const fs::path& folder) const {
    if (free_) return *free_;
    return system_.free_bytes(folder);
}

// A file that is still written, whatever it is called meanwhile.
class FaultyFiles::Growing final : public base::GrowingFile {
public:
    Growing(FaultyFiles& files, int node, fs::path path, std::unique_ptr<base::GrowingFile> file)
        : files_(files), node_(node), path_(std::move(path)), file_(std::move(file)) {}
    Result<void> append(std::string_view bytes) override { return files_.append(node_, path_, *file_, bytes); }
    Result<void> sync() override { return files_.sync_node(node_, path_); }

private:
    FaultyFiles& files_;
    int node_;
    fs::path path_;
    std::unique_ptr<base::GrowingFile> file_;
};

Result<std::unique_ptr<base::GrowingFile>> FaultyFiles::create(const fs::path& path, mode_t mode) {
    if (auto begun = begin(path, true); !begun) return base::fail(begun.error());
    auto created = system_.create(path, mode);
    if (!created) return created;
    auto file = std::make_unique<Growing>(*this, add(path, false, mode), path, std::move(*created));
    end();
    return file;
}

Result<void> FaultyFiles::append(int node, const fs::path& path, base::GrowingFile& file, std::string_view bytes) {
    const auto begun = begin(path, true);
    const bool cut = !begun || (fault_ == Fault::stop_half && steps_ == step_);
    const std::string_view written = cut ? half(bytes) : bytes;
    if (auto done = file.append(written); !done) return done;
    nodes_[node].last_bytes += written;
    if (!begun) return begun;
    end();
    return {};
}

Result<void> FaultyFiles::sync_node(int node, const fs::path& path) {
    if (auto begun = begin(path); !begun) return begun;
    nodes_[node].synced = true;
    nodes_[node].durable_bytes = nodes_[node].last_bytes;
    end();
    return {};
}

Result<void> FaultyFiles::write_new(const fs::path& path, std::string_view bytes, mode_t mode) {
    const auto begun = begin(path, true);
    const bool cut = !begun || (fault_ == Fault::stop_half && steps_ == step_);
    const std::string_view written = cut ? half(bytes) : bytes;
    if (auto done = system_.write_new(path, written, mode); !done) return done;
    nodes_[add(path, false, mode)].last_bytes = written;
    if (!begun) return begun;
    end();
    return {};
}

Result<void> FaultyFiles::sync(const fs::path& path) {
    if (auto begun = begin(path); !begun) return begun;
    const auto found = live_.find(path);
    if (found == live_.end()) return base::fail(base::ErrorKind::not_found, "file_missing", path.string());
    Node& node = nodes_[found->second];
    node.synced = true;
    node.durable_bytes = bytes_at(path);
    end();
    return {};
}

Result<void> FaultyFiles::sync_folder(const fs::path& folder) {
    if (auto begun = begin(folder); !begun) return begun;
    const auto found = live_.find(folder);
    // What lies outside the folder of the test is not recorded.
    if (found != live_.end()) nodes_[found->second].durable_names = live_names(folder);
    if (!fs::exists(folder)) return base::fail(base::ErrorKind::not_found, "file_missing", folder.string());
    end();
    return {};
}

Result<void> FaultyFiles::rename(const fs::path& from, const fs::path& to) {
    if (auto begun = begin(from); !begun) return begun;
    if (auto done = system_.rename(from, to); !done) return done;
    live_[to] = live_.at(from);
    live_.erase(from);
    // What is in a folder goes with it.
    const std::string inside = from.native() + "/";
    for (auto entry = live_.lower_bound(from); entry != live_.end();) {
        const auto next = std::next(entry);
        const std::string& path = entry->first.native();
        if (path.starts_with(inside)) {
            live_[to / path.substr(inside.size())] = entry->second;
            live_.erase(entry);
        }
        entry = next;
    }
    end();
    return {};
}

Result<void> FaultyFiles::overwrite(const fs::path& path) {
    if (auto begun = begin(path); !begun) return begun;
    if (auto done = system_.overwrite(path); !done) return done;
    Node& node = nodes_[live_.at(path)];
    node.synced = true;
    node.durable_bytes = node.last_bytes = bytes_at(path);
    end();
    return {};
}

Result<void> FaultyFiles::remove(const fs::path& path) {
    if (auto begun = begin(path); !begun) return begun;
    if (auto done = system_.remove(path); !done) return done;
    live_.erase(path);
    end();
    return {};
}

Result<void> FaultyFiles::remove_tree(const fs::path& folder) {
    const auto begun = begin(folder);
    const bool cut = !begun || (fault_ == Fault::stop_half && steps_ == step_);
    const std::string inside = folder.native() + "/";
    bool goes = false;
    for (auto entry = live_.begin(); entry != live_.end();) {
        const fs::path path = entry->first;
        const bool is_part = path == folder || path.native().starts_with(inside);
        if (is_part && cut) goes = !goes && !nodes_[entry->second].folder;
        if (is_part && cut && goes) fs::remove(path);
        entry = is_part && (goes || !cut) ? live_.erase(entry) : std::next(entry);
    }
    if (!begun) return begun;
    if (!cut) {
        if (auto done = system_.remove_tree(folder); !done) return done;
    }
    end();
    return {};
}

Result<void> FaultyFiles::make_folder(const fs::path& folder, mode_t mode) {
    if (auto begun = begin(folder, true); !begun) return begun;
    if (auto done = system_.make_folder(folder, mode); !done) return done;
    fs::path walked;
    for (const fs::path& part : folder) {
        walked /= part;
        const bool inside = walked.native().starts_with(root_.native() + "/");
        if (inside && live_.count(walked) == 0) add(walked, true, mode);
    }
    end();
    return {};
}

FaultyFiles::Names FaultyFiles::kept_names(int node, const fs::path& live, Loss loss, unsigned seed) const {
    const Names& durable = nodes_.at(node).durable_names;
    if (loss == Loss::all_unsynced) return durable;
    const Names now = live_names(live);
    if (loss == Loss::unsynced_bytes) return now;
    Names all = durable;
    all.insert(now.begin(), now.end());
    Names kept;
    for (const auto& entry : all) {
        const std::string& name = entry.first;
        // Each changed name for itself is harsher than a journalling file system, which keeps their order.
        const bool reached =
            std::hash<std::string>{}(name + std::to_string(node) + "/" + std::to_string(seed)) % 2 == 0;
        const Names& source = reached ? now : durable;
        if (const auto found = source.find(name); found != source.end()) kept.insert(*found);
    }
    return kept;
}

void FaultyFiles::build(const fs::path& path, int node, const fs::path& live, Loss loss, unsigned seed) const {
    const Node& made = nodes_.at(node);
    if (!made.folder) {
        const std::string lost(loss == Loss::all_unsynced ? std::string_view() : half(made.last_bytes));
        put(path, made.synced ? made.durable_bytes : lost, made.mode);
        return;
    }
    fs::create_directory(path);
    for (const auto& [name, child] : kept_names(node, live, loss, seed))
        build(path / name, child, live / name, loss, seed);
}

void FaultyFiles::lose(Loss loss, unsigned seed) {
    if (loss == Loss::nothing) return;
    const fs::path rebuilt = root_.string() + ".rebuilt";
    build(rebuilt, live_.at(root_), root_, loss, seed);
    fs::remove_all(root_);
    fs::rename(rebuilt, root_);
}

}  // namespace gatehouse::fault
