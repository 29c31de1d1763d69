// A folder of a test's own, removed with everything in it at the end of the scope. All floors' tests use this one.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace gatehouse::tests {

/// Where a test that makes thousands of folders and files is quick: in memory, where there is such a place.
inline std::filesystem::path quick_place() {
    return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

class Folder {
public:
    /// In `parent`, by default the folder for temporary files.
    explicit Folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
        // Canonical, because some tests compare what links resolve to.
        std::string name = (std::filesystem::canonical(parent) / "gatehouse-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code error;  // what stays behind is no failure of the test
        std::filesystem::remove_all(path_, error);
    }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

    /// Writes in place, as cp does.
    void write(std::string_view name, std::string_view bytes) const {
        std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << bytes;
    }

private:
    std::filesystem::path path_;
};

}  // namespace gatehouse::tests
