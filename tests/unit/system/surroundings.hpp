// What the tests of the system rooms put around the code: a notify socket that listens as systemd does, variables of
// the environment, and stderr caught in a file. Each undoes itself at the end of its scope; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gatehouse::tests {

/// Sets a variable, or takes it away (nullptr), until the end of the scope.
class Environment {
public:
    Environment(const char* name, const char* value) : name_(name) {
        if (const char* former = std::getenv(name)) former_ = former;
        set(value);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { set(former_ ? former_->c_str() : nullptr); }

private:
    void set(const char* value) const {
        if (value != nullptr) {
            ::setenv(name_, value, 1);
        } else {
            ::unsetenv(name_);
        }
    }

    const char* name_;
    std::optional<std::string> former_;
};

/// A datagram socket in the abstract name space, named by NOTIFY_SOCKET.
class NotifySocket {
public:
    NotifySocket()
        : name_("@gatehouse-test-notify-" + std::to_string(::getpid())), variable_("NOTIFY_SOCKET", name_.c_str()) {
        number_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        const timeval limit{10, 0};
        if (::bind(number_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) {
            throw std::runtime_error("no notify socket");
        }
    }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;
    ~NotifySocket() { ::close(number_); }

    /// The next message; empty where none came within ten seconds.
    [[nodiscard]] std::string receive() const { return take(0); }
    /// The next message if there is one already.
    [[nodiscard]] std::string received() const { return take(MSG_DONTWAIT); }

private:
    [[nodiscard]] std::string take(int flags) const {
        std::array<char, 4096> bytes{};
        const ssize_t size = ::recv(number_, bytes.data(), bytes.size(), flags);
        return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : std::string();
    }

    std::string name_;
    Environment variable_;
    int number_ = -1;
};

/// Catches what is written to stderr. A Log made in its scope writes there too.
class CapturedErrors {
public:
    CapturedErrors() : kept_(::dup(STDERR_FILENO)) {
        if (file_ == nullptr || ::dup2(::fileno(file_), STDERR_FILENO) < 0) throw std::runtime_error("stderr is lost");
    }
    CapturedErrors(const CapturedErrors&) = delete;
    CapturedErrors& operator=(const CapturedErrors&) = delete;
    ~CapturedErrors() {
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_);
        std::fclose(file_);
    }

    [[nodiscard]] std::string text() const {
        std::fflush(stderr);
        std::string text;
        std::array<char, 4096> bytes{};
        for (off_t at = 0;;) {
            const ssize_t size = ::pread(::fileno(file_), bytes.data(), bytes.size(), at);
            if (size <= 0) return text;
            text.append(bytes.data(), static_cast<std::size_t>(size));
            at += size;
        }
    }

private:
    std::FILE* file_ = std::tmpfile();
    int kept_;
};

}  // namespace gatehouse::tests
