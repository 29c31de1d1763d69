// A terminal without a screen, for tests of what asks on one. The test holds the side of keyboard and screen.
#pragma once

#include "base/descriptor.hpp"

#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace gatehouse::tests {

class PseudoTerminal {
public:
    PseudoTerminal() : screen_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        if (!screen_ || ::grantpt(screen_.get()) != 0 || ::unlockpt(screen_.get()) != 0) fail();
        std::string name(64, '\0');
        if (::ptsname_r(screen_.get(), name.data(), name.size()) != 0) fail();
        terminal_ = base::Descriptor(::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (!terminal_) fail();
    }

    /// What the program under test has as stdin, stdout or stderr.
    [[nodiscard]] int terminal() const { return terminal_.get(); }

    void type(std::string_view text) const {
        if (::write(screen_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail();
    }
    /// What the screen shows, from the beginning, as soon as it holds `awaited`; all of it after ten seconds in vain.
    std::string shown(std::string_view awaited) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (text_.find(awaited) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
            pollfd watched{screen_.get(), POLLIN, 0};
            if (::poll(&watched, 1, 100) <= 0) continue;
            std::string buffer(1024, '\0');
            const ssize_t count = ::read(screen_.get(), buffer.data(), buffer.size());
            if (count > 0) text_.append(buffer, 0, static_cast<std::size_t>(count));
        }
        return text_;
    }
    /// Whether what is typed is shown.
    [[nodiscard]] bool echoes() const {
        termios settings{};
        if (::tcgetattr(terminal_.get(), &settings) != 0) fail();
        return (settings.c_lflag & ECHO) != 0;
    }
    void set_width(unsigned short columns) const {
        const winsize size{24, columns, 0, 0};
        if (::ioctl(terminal_.get(), TIOCSWINSZ, &size) != 0) fail();
    }

private:
    [[noreturn]] static void fail() { throw std::runtime_error("no pseudo terminal"); }

    base::Descriptor screen_;
    base::Descriptor terminal_;
    std::string text_;
};

/// A pipe, filled or to be read.
class Pipe {
public:
    Pipe() {
        int ends[2]{};
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        out_ = base::Descriptor(ends[0]);
        in_ = base::Descriptor(ends[1]);
    }
    explicit Pipe(std::string_view text) : Pipe() {
        if (::write(in_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
            throw std::runtime_error("no room in a pipe");
        }
        in_ = base::Descriptor();
    }
    [[nodiscard]] int out() const { return out_.get(); }
    [[nodiscard]] int in() const { return in_.get(); }

private:
    base::Descriptor out_;
    base::Descriptor in_;
};

}  // namespace gatehouse::tests
