// What the command line is put together with, on top of CLI11: groups, commands with their options and examples, and
// the options that several commands have. For command_line alone; main's thread.
#pragma once

#include "gatehousectl/command_line.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::gatehousectl {

template <class Options>
using Run = Outcome<Exit> (*)(const Console&, const Options&);
template <class Options>
using RunAlone = Outcome<Exit> (*)(const Desk&, const Options&);

/// A command under construction: its options are bound to a value that lives as long as what the command line chose.
template <class Options>
struct Command {
    CLI::App* app = nullptr;
    std::shared_ptr<Options> options;
    [[nodiscard]] Options* operator->() const { return options.get(); }
};

/// Puts groups and commands together; what is chosen of them becomes `chosen.run`.
class Syntax {
public:
    explicit Syntax(Invocation& chosen) : chosen_(chosen) {}

    /// A command that only holds others.
    static CLI::App& group(CLI::App& parent, const std::string& name, const std::string& description) {
        CLI::App& app = *parent.add_subcommand(name, description);
        app.require_subcommand(1);
        app.footer("gatehousectl ... COMMAND --help shows a command's options and an example.");
        return app;
    }

    /// A command with options, which `run` is called with.
    template <class Options>
    Command<Options> add(CLI::App& parent, const std::string& name, const std::string& description,
                         const std::string& example, Run<Options> run) {
        Command<Options> command{parent.add_subcommand(name, description), std::make_shared<Options>()};
        command.app->footer("Example:\n  gatehousectl " + example);
        command.app->callback([this, run, options = command.options] {
            chosen_.run = [run, options](const Console& console) { return run(console, *options); };
        });
        return command;
    }

    /// The same for one that works without a daemon.
    template <class Options>
    Command<Options> add_alone(CLI::App& parent, const std::string& name, const std::string& description,
                               const std::string& example, RunAlone<Options> run) {
        Command<Options> command{parent.add_subcommand(name, description), std::make_shared<Options>()};
        command.app->footer("Example:\n  gatehousectl " + example);
        command.app->callback([this, run, options = command.options] {
            chosen_.run_alone = [run, options](const Desk& desk) { return run(desk, *options); };
        });
        return command;
    }

    /// A command without options.
    void add(CLI::App& parent, const std::string& name, const std::string& description, const std::string& example,
             Outcome<Exit> (*run)(const Console&)) {
        CLI::App& app = *parent.add_subcommand(name, description);
        app.footer("Example:\n  gatehousectl " + example);
        app.callback([this, run] { chosen_.run = run; });
    }

    /// One without options that works without a daemon.
    void add_alone(CLI::App& parent, const std::string& name, const std::string& description,
                   const std::string& example, Outcome<Exit> (*run)(const Desk&)) {
        CLI::App& app = *parent.add_subcommand(name, description);
        app.footer("Example:\n  gatehousectl " + example);
        app.callback([this, run] { chosen_.run_alone = run; });
    }

private:
    Invocation& chosen_;
};

/// --interface, which may be left out unless it is made required.
CLI::Option* add_interface_option(CLI::App& app, std::string& interface, const std::string& description = "The door");
/// --confirm: warnings that are accepted.
void add_confirm_option(CLI::App& app, std::vector<std::string>& codes);
/// --name, several times or as a list.
void add_names_option(CLI::App& app, std::vector<std::string>& names);
/// --key-type; `default_type` describes what it is if left out.
void add_key_type_option(CLI::App& app, std::string& type, const std::string& default_type);
/// --role, which must be there.
void add_role_option(CLI::App& app, std::string& role);
/// --network, dirty if left out.
void add_network_option(CLI::App& app, std::string& network);
/// The option `name`: a file whose first line is the secret `what`.
void add_secret_file_option(CLI::App& app, const std::string& name, const std::string& what,
                            std::filesystem::path& file);

}  // namespace gatehouse::gatehousectl
