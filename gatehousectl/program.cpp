#include "gatehousectl/program.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gatehouse::gatehousectl {

namespace {

tl::unexpected<Failure> failed(const std::string& program, const std::string& how) {
    return refused("program_failed", base::printable(program) + " " + how + ".");
}

// A file without a name: the program may read it or not, and nobody waits for it.
Outcome<base::Descriptor> as_file(const std::string& program, std::string_view text) {
    base::Descriptor file(::memfd_create("event", MFD_CLOEXEC));
    if (!file) return failed(program, "was not started: " + base::words_of(errno));
    if (const int error = base::write_all(file.get(), text))
        return failed(program, "was not started: " + base::words_of(error));
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

// This process's environment with `variables` in it, which replace those of the same name.
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const bool replaced = std::any_of(variables.begin(), variables.end(),
                                          [&](const auto& variable) { return text.starts_with(variable.first + "="); });
        if (!replaced) all.push_back(text);
    }
    for (const auto& [name, value] : variables)
        all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

int start(pid_t& process, std::vector<std::string> words, int input,
          const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> environment = environment_with(variables);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    const int error = ::posix_spawnp(&process, words.front().c_str(), &actions, nullptr, pointers_to(words).data(),
                                     pointers_to(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    return error;
}

// Whether the process ends within that time.
bool ends_within(pid_t process, std::chrono::seconds patience) {
    const base::Descriptor watched(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    if (!watched) return true;  // an old kernel: it is waited for without end
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd ended{watched.get(), POLLIN, 0};
        const int ready = ::poll(&ended, 1, left > 0 ? static_cast<int>(left) : 0);
        if (ready >= 0) return ready > 0;
        if (errno != EINTR) return true;
    }
}

// 0, or why the file cannot be run.
int runnable(const std::string& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return errno;
    if (S_ISDIR(facts.st_mode)) return EISDIR;
    return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

}  // namespace

Outcome<void> find_program(const std::string& name) {
    int error = ENOENT;
    if (name.find('/') != std::string::npos) {
        error = runnable(name);
    } else {
        const char* set = std::getenv("PATH");
        std::string_view folders = set != nullptr ? set : "/bin:/usr/bin";
        for (bool more = true; more && error != 0;) {
            const auto end = folders.find(':');
            const std::string_view folder = folders.substr(0, end);
            const int here = runnable(std::string(folder.empty() ? "." : folder) + "/" + name);
            if (here != ENOENT && here != ENOTDIR) error = here;  // one that may not be run says more than none
            more = end != std::string_view::npos;
            if (more) folders.remove_prefix(end + 1);
        }
    }
    if (error == 0) return {};
    return misused("--exec: " + base::printable(name) + " cannot be run: " + base::words_of(error) + ".",
                   error == EACCES ? "Make it executable: chmod +x " + base::printable(name)
                                   : "Name a program by its whole path, or one that is in PATH.");
}

Outcome<void> run_program(const std::vector<std::string>& words, std::string_view input,
                          const std::vector<std::pair<std::string, std::string>>& variables,
                          std::chrono::seconds patience) {
    const std::string& program = words.front();
    const auto file = as_file(program, input);
    if (!file) return tl::unexpected(file.error());
    pid_t process = 0;
    if (const int error = start(process, words, file->get(), variables)) {
        return failed(program, "cannot be started: " + base::words_of(error));
    }
    const bool ended = ends_within(process, patience);
    if (!ended) ::kill(process, SIGKILL);
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended)
        return failed(program, "had not ended after " + std::to_string(patience.count()) + " seconds; it was killed");
    if (WIFSIGNALED(status)) return failed(program, "was ended by signal " + std::to_string(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0) return failed(program, "ended with " + std::to_string(WEXITSTATUS(status)));
    return {};
}

}  // namespace gatehouse::gatehousectl
