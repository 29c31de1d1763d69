#include "gatehousectl/input.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace gatehouse::gatehousectl {

namespace {

constexpr std::size_t longest_secret = 1024;

tl::unexpected<Failure> not_read(const std::string& name, int error) {
    return refused("file_unreadable", name + " can't be read: " + base::words_of(error) + ".");
}

Outcome<base::Secret> read_descriptor(int number, const std::string& name, std::size_t limit) {
    base::Secret bytes(limit + 1);  // one more, to see that there is more
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t count = ::read(number, bytes.writable() + size, bytes.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return not_read(name, errno);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    if (size > limit) {
        return refused("file_too_large", name + " has more than " + std::to_string(limit) + " bytes.",
                       "Is it the right file?");
    }
    bytes.shrink(size);
    return bytes;
}

Outcome<base::Secret> first_line_of(const std::filesystem::path& file) {
    constexpr std::size_t longest_file = 65536;
    auto bytes = read_input(file, longest_file);
    if (!bytes) return bytes;
    std::size_t size = std::min(bytes->reveal().find('\n'), bytes->size());
    if (size > 0 && bytes->reveal()[size - 1] == '\r') --size;
    bytes->shrink(size);
    return bytes;
}

Outcome<base::Secret> asked(const Terminal& terminal, const SecretQuestion& question) {
    auto secret = terminal.ask_secret(std::string(question.question) + ": ");
    if (!secret || !question.twice) return secret;
    const auto again = terminal.ask_secret("The same again: ");
    if (!again) return tl::unexpected(again.error());
    if (!secret->equals(again->reveal())) {
        return refused("not_the_same", "The two are not the same; nothing was changed.");
    }
    return secret;
}

}  // namespace

Outcome<base::Secret> read_input(const std::filesystem::path& path, std::size_t limit) {
    if (path == "-") return read_descriptor(STDIN_FILENO, "Standard input", limit);
    const std::string name = base::printable(path.native());
    const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return not_read(name, errno);
    return read_descriptor(file.get(), name, limit);
}

Outcome<base::Secret> obtain(const Terminal& terminal, const SecretQuestion& question) {
    auto secret = !question.file.empty() ? first_line_of(question.file)
                  : terminal.can_ask()   ? asked(terminal, question)
                                         : terminal.read_line();
    if (!secret) return secret;
    const std::string what(question.what);
    if (secret->empty()) {
        return refused("secret_missing", "No " + what + " was given; nothing was changed.",
                       "Type it, pipe one line in, or name a file with --" + what + "-file.");
    }
    if (secret->size() > longest_secret) {
        return refused("secret_too_long",
                       "The " + what + " has more than " + std::to_string(longest_secret) + " bytes.");
    }
    return secret;
}

}  // namespace gatehouse::gatehousectl
