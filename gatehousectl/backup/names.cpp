#include "gatehousectl/backup/names.hpp"

#include <algorithm>

namespace gatehouse::gatehousectl::backup {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view state_prefix = "state/";
constexpr std::string_view sample_prefix = "samples/";
constexpr std::size_t longest_part = 255;
constexpr std::ptrdiff_t deepest = 8;

bool is_plain(const fs::path& part) {
    const std::string& text = part.native();
    return !text.empty() && text != "." && text != ".." && text.size() <= longest_part &&
           text.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
}

std::optional<fs::path> kept_place(std::string_view text) {
    // By its text: std::filesystem would pass over a doubled slash.
    if (text.empty() || text.ends_with('/') || text.find("//") != std::string_view::npos) return std::nullopt;
    const fs::path path(text);
    if (!std::all_of(path.begin(), path.end(), is_plain) || std::distance(path.begin(), path.end()) > deepest) {
        return std::nullopt;
    }
    if (std::ranges::find(kept_names, path.begin()->native()) == kept_names.end()) return std::nullopt;
    return path;
}

}  // namespace

bool is_own(std::string_view name) {
    constexpr std::array others{database_name,
                                samples_name,
                                work_name,
                                std::string_view("lock"),
                                std::string_view("restore"),
                                std::string_view("restore.given-up"),
                                std::string_view("lost+found")};
    const auto is_in = [name](const auto& names) { return std::ranges::find(names, name) != names.end(); };
    return is_in(kept_names) || is_in(beside_database) || is_in(others);
}

bool is_passing(std::string_view file_name) {
    return file_name.ends_with(".gatehouse-new") || file_name.ends_with(".gatehouse-old") ||
           (file_name.starts_with('.') && file_name.ends_with(".tmp"));  // base::write_atomically
}

std::string certificate_entry(config::Interface interface) {
    return "pairs/" + std::string(config::name(interface)) + "/certificate";
}

std::string key_entry(config::Interface interface) {
    return "pairs/" + std::string(config::name(interface)) + "/key";
}

std::string state_entry(const fs::path& path) {
    return std::string(state_prefix) + path.string();
}

std::string sample_entry(const std::string& sha256) {
    return std::string(sample_prefix) + sha256;
}

bool is_sample_entry(std::string_view entry) {
    return entry.starts_with(sample_prefix);
}

std::optional<fs::path> place_of(std::string_view entry) {
    if (entry == database_entry) return fs::path(database_name);
    if (is_sample_entry(entry)) {
        const std::string_view sha256 = entry.substr(sample_prefix.size());
        return is_sha256(sha256) ? std::optional(sample_place(sha256)) : std::nullopt;
    }
    if (entry.starts_with(state_prefix)) return kept_place(entry.substr(state_prefix.size()));
    return std::nullopt;
}

fs::path sample_place(std::string_view sha256) {
    return fs::path(samples_name) / sha256.substr(0, 2) / sha256.substr(2, 2) / sha256;
}

bool is_sha256(std::string_view text) {
    constexpr std::size_t digits = 64;
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<fs::path> below(const fs::path& folder, const fs::path& path) {
    const fs::path relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
    if (relative.empty() || relative == "." || *relative.begin() == "..") return std::nullopt;
    return relative;
}

base::Result<void> lies_outside(const fs::path& state_directory, const fs::path& file) {
    std::error_code error;  // what can't be resolved is compared as it is
    const fs::path state = fs::weakly_canonical(state_directory, error);
    const fs::path resolved = fs::weakly_canonical(fs::absolute(file), error);
    if (!below(state, resolved)) return {};
    return base::fail(base::ErrorKind::input, "file_inside",
                      file.string() + " lies in " + state_directory.string() + ", and would be lost with it.",
                      "A backup belongs outside of it, best on another machine.");
}

}  // namespace gatehouse::gatehousectl::backup
