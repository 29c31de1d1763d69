#include "gatehousectl/output.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <ostream>
#include <string>
#include <unistd.h>

namespace gatehouse::gatehousectl {

namespace {

bool is_text(std::string_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](char c) { return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t'; });
}

}  // namespace

Outcome<void> put_out(const Console& console, const std::filesystem::path& file, std::string_view bytes) {
    if (file.empty() || file == "-") {
        if (console.terminal().shows() && !is_text(bytes)) {
            return refused("not_for_terminals", "This is no text, and stdout is a terminal.", "Name a --output FILE.");
        }
        console.out() << bytes;
        return {};
    }
    // Written in place: renaming a new file over it would do harm to a device or a link.
    constexpr mode_t readable = 0644;
    base::Descriptor opened(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, readable));
    int error = opened ? 0 : errno;
    if (error == 0) error = base::write_all(opened.get(), bytes);
    if (error == 0 && ::close(opened.release()) != 0) error = errno;
    if (error == 0) return {};
    return refused("file_unwritable",
                   base::printable(file.native()) + " can't be written: " + base::words_of(error) + ".");
}

}  // namespace gatehouse::gatehousectl
