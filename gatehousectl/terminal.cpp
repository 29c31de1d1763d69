#include "gatehousectl/terminal.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

namespace gatehouse::gatehousectl {

namespace {

constexpr std::size_t longest_line = 4096;

tl::unexpected<Failure> not_read(int error) {
    return refused("stdin_unreadable", "Standard input can't be read: " + base::words_of(error) + ".");
}

// While it lives the terminal does not show what is typed, and signals that would end or stop the process wait.
class Hidden {
public:
    explicit Hidden(int terminal) : terminal_(terminal) {
        ::sigemptyset(&waiting_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP})
            ::sigaddset(&waiting_, signal);
        ::pthread_sigmask(SIG_BLOCK, &waiting_, &former_mask_);
        signals_ = base::Descriptor(::signalfd(-1, &waiting_, SFD_CLOEXEC));
        hidden_ = ::tcgetattr(terminal, &former_) == 0;
        if (!hidden_) return;
        termios quiet = former_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ICANON | ISIG;
        hidden_ = ::tcsetattr(terminal, TCSADRAIN, &quiet) == 0;
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;
    // A signal that waits strikes when the mask is what it was, so last.
    ~Hidden() {
        if (hidden_) ::tcsetattr(terminal_, TCSADRAIN, &former_);
        ::pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
    }

    [[nodiscard]] bool works() const { return hidden_ && signals_; }
    // True: a line can be read; false: a signal waits.
    [[nodiscard]] bool wait_for_line() const {
        for (;;) {
            pollfd watched[]{{terminal_, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
            if (::poll(watched, std::size(watched), -1) < 0 && errno == EINTR) continue;
            return watched[1].revents == 0;
        }
    }

private:
    int terminal_;
    bool hidden_ = false;
    termios former_{};
    sigset_t waiting_{};
    sigset_t former_mask_{};
    base::Descriptor signals_;
};

}  // namespace

bool Terminal::can_ask() const {
    return ::isatty(in_) == 1;
}

bool Terminal::shows() const {
    return ::isatty(out_) == 1;
}

bool Terminal::warns() const {
    return ::isatty(err_) == 1;
}

std::size_t Terminal::width() const {
    constexpr std::size_t usual = 80;
    if (!shows()) return 0;
    winsize size{};
    if (::ioctl(out_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
    return size.ws_col;
}

// What cannot be shown is not asked for in vain: the answer decides.
void Terminal::say(std::string_view text) const {
    const base::Descriptor own(::isatty(err_) == 1 ? -1 : ::open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY));
    const int shown = own ? own.get() : err_;
    while (!text.empty()) {
        const ssize_t written = ::write(shown, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

Outcome<base::Secret> Terminal::ask_secret(std::string_view question) const {
    for (;;) {
        const Hidden hidden(in_);
        if (!hidden.works()) {
            return refused("terminal_failed", "The terminal cannot be told not to show what is typed.",
                           "Pipe the secret in, or name a file that holds it.");
        }
        say(question);
        if (!hidden.wait_for_line()) {
            say("\n");
            continue;  // ends here if the signal ends the process; else it was stopped, and is asked again
        }
        auto line = read_line();
        say("\n");
        return line;
    }
}

Outcome<std::string> Terminal::ask(std::string_view question) const {
    say(question);
    const auto line = read_line();
    if (!line) return tl::unexpected(line.error());
    return std::string(line->reveal());
}

Outcome<bool> Terminal::ask_yes(std::string_view question) const {
    auto answer = ask(std::string(question) + " [y/N] ");
    if (!answer) return tl::unexpected(answer.error());
    for (char& c : *answer) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return *answer == "y" || *answer == "yes";
}

Outcome<base::Secret> Terminal::read_line() const {
    base::Secret line(longest_line);
    std::size_t size = 0;
    for (;;) {
        char c = 0;
        const ssize_t count = ::read(in_, &c, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return not_read(errno);
        if (count == 0 || c == '\n') break;
        if (size == longest_line) {
            return refused("line_too_long",
                           "A line of standard input has more than " + std::to_string(longest_line) + " bytes.");
        }
        line.writable()[size++] = c;
    }
    if (size > 0 && line.writable()[size - 1] == '\r') --size;
    line.shrink(size);
    return line;
}

}  // namespace gatehouse::gatehousectl
