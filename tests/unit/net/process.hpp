// A real server as a child of the test: started by its path, its output in a file, ended by its process id at the end
// of the scope.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gatehouse::net::testing {

class Process {
public:
    /// Starts command[0]; the test fails where no such program is installed (`package` says what to install).
    /// What it writes goes to `output`, its input stays open and silent.
    Process(const std::vector<std::string>& command, const std::string& package, std::filesystem::path output);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] std::string output() const;
    /// False once it ended by itself.
    [[nodiscard]] bool running();
    /// Waits until `ready`; false where the process ended before or half a minute went by.
    [[nodiscard]] bool wait_until(const std::function<bool()>& ready);

private:
    std::filesystem::path output_;
    int input_ = -1;  // our end of its input: servers that read it end where it ends
    pid_t id_ = -1;
};

/// A port of 127.0.0.1 that was free for UDP and TCP a moment ago.
[[nodiscard]] std::uint16_t free_port();

}  // namespace gatehouse::net::testing
