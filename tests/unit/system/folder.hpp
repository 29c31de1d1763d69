// A folder of a test's own under the folder for temporary files, removed with everything in it at the end of the scope.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace gatehouse::tests {

class Folder {
public:
    Folder() {
        std::string name =
            (std::filesystem::canonical(std::filesystem::temp_directory_path()) / "gatehouse-XXXXXX").string();
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
