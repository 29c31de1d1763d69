// gatehousectl: the console tool of whoever has root on the box. Exit codes: 0 fine, 1 refused, 2 usage, 3 daemon not
// reachable.
#include "gatehousectl/command_line.hpp"
#include "gatehousectl/console.hpp"
#include "gatehousectl/socket_path.hpp"

#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sys/prctl.h>

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

namespace {

constexpr const char* default_configuration = "/etc/gatehouse/gatehouse.json";

int ended_with(const Outcome<Exit>& ended, const Invocation& invocation, const Terminal& terminal) {
    const int code =
        ended ? static_cast<int>(*ended) : report(ended.error(), invocation.json, terminal, std::cout, std::cerr);
    std::cout.flush();
    if (std::cout.good()) return code;
    std::cerr << "gatehousectl: Standard output can't be written to.\n";
    return static_cast<int>(Exit::refused);
}

int run_alone(const Invocation& invocation) {
    const Terminal terminal;
    const bool named = !invocation.configuration.empty();
    const std::filesystem::path configuration =
        std::filesystem::absolute(named ? invocation.configuration : default_configuration);
    const Desk desk{terminal, std::cout, std::cerr, invocation.json, configuration};
    auto ended = invocation.run_alone(desk);
    if (!ended && invocation.json) ended.error().body = problem_of(ended.error().error);
    return ended_with(ended, invocation, terminal);
}

int run(const Invocation& invocation) {
    const Terminal terminal;
    const auto socket = find_socket(base::SystemFiles(), invocation.socket, invocation.configuration, std::cerr);
    if (!socket) return report(socket.error(), invocation.json, terminal, std::cout, std::cerr);
    const Client client(*socket, [&terminal](std::chrono::milliseconds at_most) {
        if (!terminal.warns()) return;
        std::cerr << "gatehousectl: still waiting for the daemon's answer, for at most "
                  << std::chrono::ceil<std::chrono::seconds>(at_most).count() << " seconds.\n";
    });
    const auto ended = invocation.run(Console(client, terminal, std::cout, std::cerr, invocation.json));
    return ended_with(ended, invocation, terminal);
}

}  // namespace

int main(int argc, char** argv) {
    // Passphrases and keys go through this process: no core dump, and no other process of the user looks into it.
    ::prctl(PR_SET_DUMPABLE, 0);
    try {
        const auto invocation = read_command_line({argv + 1, argv + argc}, std::cout, std::cerr);
        if (!invocation) return static_cast<int>(invocation.error());
        return invocation->run_alone ? run_alone(*invocation) : run(*invocation);
    } catch (const std::exception& error) {
        std::cerr << "gatehousectl: " << error.what() << '\n';
        return static_cast<int>(Exit::refused);
    }
}
