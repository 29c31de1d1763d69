#include "gatehousectl/command_line.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "config/nearest_name.hpp"
#include "gatehousectl/commands/adopt.hpp"
#include "gatehousectl/commands/audit.hpp"
#include "gatehousectl/commands/authorities.hpp"
#include "gatehousectl/commands/backup.hpp"
#include "gatehousectl/commands/certificate.hpp"
#include "gatehousectl/commands/doors.hpp"
#include "gatehousectl/commands/events.hpp"
#include "gatehousectl/commands/network.hpp"
#include "gatehousectl/commands/operators.hpp"
#include "gatehousectl/commands/passphrase.hpp"
#include "gatehousectl/commands/reload.hpp"
#include "gatehousectl/commands/sessions.hpp"
#include "gatehousectl/commands/signing_request.hpp"
#include "gatehousectl/commands/status.hpp"
#include "gatehousectl/commands/tls.hpp"
#include "gatehousectl/commands/tokens.hpp"
#include "gatehousectl/commands/upload.hpp"
#include "gatehousectl/syntax.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::gatehousectl {

namespace {

void add_certificate(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "certificate", "Certificates of the doors");
    auto show = syntax.add<CertificateOptions>(group, "show", "What the doors serve, with chain and findings",
                                               "certificate show --interface clean", show_certificate);
    add_interface_option(*show.app, show->interface, "The door; both if left out");

    auto upload =
        syntax.add<UploadOptions>(group, "upload", "Upload a certificate, with or without its key",
                                  "certificate upload --interface clean gw.pem --key gw.key", commands::upload);
    add_interface_option(*upload.app, upload->interface)->required();
    upload.app
        ->add_option("FILE", upload->certificates,
                     "Certificates as PEM (the key may stand there too), DER or PKCS#7; -: stdin")
        ->type_name("");
    upload.app->add_option("--key", upload->key, "The key; without it that of the pending request, or the one in use")
        ->type_name("FILE");
    upload.app->add_option("--pkcs12", upload->pkcs12, "Certificate and key in one file")->type_name("FILE");
    add_secret_file_option(*upload.app, "--passphrase-file", "passphrase of the key", upload->passphrase_file);
    upload.app->add_flag("--dry-run", upload->dry_run, "Change nothing, only say what there is to say");
    add_confirm_option(*upload.app, upload->confirm);

    auto regenerate =
        syntax.add<RegenerateOptions>(group, "regenerate", "Make a new key and a new self-signed certificate",
                                      "certificate regenerate --interface clean --days 825", commands::regenerate);
    add_interface_option(*regenerate.app, regenerate->interface)->required();
    add_names_option(*regenerate.app, regenerate->names);
    constexpr unsigned most_days = 36500;
    regenerate.app
        ->add_option("--days", regenerate->days, "How long it is valid. Default: self_signed.days of the configuration")
        ->type_name("DAYS")
        ->check(CLI::Range(1U, most_days).description(""));
    add_key_type_option(*regenerate.app, regenerate->key_type, "Default: self_signed.key_type of the configuration");
    add_confirm_option(*regenerate.app, regenerate->confirm);

    auto download = syntax.add<DownloadOptions>(group, "download", "The certificate as a file, never the key",
                                                "certificate download --interface clean --format chain > gw.pem",
                                                commands::download);
    add_interface_option(*download.app, download->interface)->required();
    download.app->add_option("--format", download->format, "In which form")
        ->type_name("pem|der|chain|p7b")
        ->capture_default_str()
        ->check(CLI::IsMember({"pem", "der", "chain", "p7b"}).description(""));
    download.app->add_option("--output", download->output, "Where to; stdout if left out")->type_name("FILE");

    auto request = syntax.add<SigningRequestOptions>(
        group, "request", "Make a signing request whose key stays on the box",
        "certificate request --interface clean --subject 'CN=gw.example.com,O=Example' > gw.csr", signing_request);
    add_interface_option(*request.app, request->interface)->required();
    request.app->add_flag("--show", request->show, "Show the pending one");
    request.app->add_flag("--discard", request->discard, "Discard the pending one and its key");
    request.app->add_option("--subject", request->subject, "As in RFC 4514. Default: CN=HOSTNAME")->type_name("NAME");
    add_names_option(*request.app, request->names);
    add_key_type_option(*request.app, request->key_type, "Default: ecdsa-p256");
    request.app->add_option("--output", request->output, "Where to; stdout if left out")->type_name("FILE");

    auto rollback = syntax.add<CertificateOptions>(group, "rollback", "Back to the certificate served before",
                                                   "certificate rollback --interface clean", roll_back);
    add_interface_option(*rollback.app, rollback->interface)->required();
    add_confirm_option(*rollback.app, rollback->confirm);
}

void add_hostname(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "hostname", "The names by which the doors are reached");
    auto show =
        syntax.add<DoorOptions>(group, "show", "The names, and where they are set", "hostname show", show_hostnames);
    add_interface_option(*show.app, show->interface, "The door; both if left out");
    auto set = syntax.add<DoorOptions>(group, "set", "Set a door's name; its certificate is judged by it at once",
                                       "hostname set --interface clean gw.example.com", set_hostname);
    add_interface_option(*set.app, set->interface)->required();
    set.app->add_option("HOSTNAME", set->value, "DNS name or IP address; '': the system's")->required()->type_name("");
}

void add_sessions(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "sessions", "Who is signed in at the admin door");
    syntax.add(group, "list", "All open sessions, the one used last first", "sessions list", list_sessions);
    auto end = syntax.add<SessionOptions>(group, "end", "End one", "sessions end 17", end_session);
    end.app->add_option("ID", end->id, "As the list shows it")->required()->type_name("");
}

void add_tls(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "tls", "TLS versions");
    CLI::App& policy = Syntax::group(group, "policy", "Which versions a door takes");
    auto show = syntax.add<DoorOptions>(policy, "show", "The policy of the doors", "tls policy show", show_policies);
    add_interface_option(*show.app, show->interface, "The door; both if left out");
    auto set = syntax.add<DoorOptions>(policy, "set", "Set it, for new connections",
                                       "tls policy set --interface clean modern", set_policy);
    add_interface_option(*set.app, set->interface)->required();
    set.app->add_option("POLICY", set->value, "intermediate: TLS 1.2 and 1.3; modern: TLS 1.3 alone")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"intermediate", "modern"}).description(""));
    CLI::App& legacy = Syntax::group(group, "legacy", "Whether TLS 1.0 and 1.1 are taken");
    auto enable = syntax.add<LegacyOptions>(legacy, "enable", "Take TLS 1.0 and 1.1 clients in, at once",
                                            "tls legacy enable --interface clean", legacy_enable);
    add_interface_option(*enable.app, enable->interface)->required();
    auto disable = syntax.add<LegacyOptions>(legacy, "disable", "Refuse them again, and close their connections",
                                             "tls legacy disable --interface clean", legacy_disable);
    add_interface_option(*disable.app, disable->interface)->required();
    auto status =
        syntax.add<LegacyOptions>(legacy, "status", "Whether they are taken", "tls legacy status", legacy_status);
    add_interface_option(*status.app, status->interface, "The door; both if left out");
}

void add_passphrase(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "passphrase", "Passphrases of encrypted keys");
    auto set = syntax.add<PassphraseOptions>(group, "set",
                                             "Give the passphrase of a door's key: asked for, or one line of stdin",
                                             "passphrase set --interface clean", set_passphrase);
    add_interface_option(*set.app, set->interface)->required();
    add_secret_file_option(*set.app, "--passphrase-file", "passphrase", set->file);
}

void add_operator(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "operator", "Accounts of the admin door");
    const auto add_username = [](const Command<OperatorOptions>& command) {
        command.app->add_option("USERNAME", command->username, "The operator")->required()->type_name("");
    };
    syntax.add(group, "list", "All operators", "operator list", list_operators);
    auto add =
        syntax.add<OperatorOptions>(group, "add", "Add one; the password is asked for, or one line of stdin",
                                    "operator add mira --role read --name 'Mira Example'", commands::add_operator);
    add_username(add);
    add_role_option(*add.app, add->role);
    add.app->add_option("--name", add->name, "The person's name")->type_name("NAME");
    add.app->add_option("--email", add->email, "Their address")->type_name("ADDRESS");
    add_secret_file_option(*add.app, "--password-file,--passphrase-file", "password", add->password_file);
    auto remove = syntax.add<OperatorOptions>(group, "remove", "Remove one and end their sessions",
                                              "operator remove mira", remove_operator);
    add_username(remove);
    auto set = syntax.add<OperatorOptions>(group, "set-password",
                                           "Set a password without the present one: asked for, or one line of stdin",
                                           "operator set-password admin", set_password);
    add_username(set);
    add_secret_file_option(*set.app, "--password-file,--passphrase-file", "password", set->password_file);
    set.app->add_flag("--remove-second-factor", set->remove_totp, "Switch the operator's second factor off too");
}

void add_token(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "token", "What scripts identify themselves with at the admin door");
    syntax.add(group, "list", "All tokens, expired ones too", "token list", list_tokens);
    auto add = syntax.add<TokenOptions>(group, "add", "Make one; it is shown this once",
                                        "token add prometheus --role read --expires 365d", commands::add_token);
    add.app->add_option("NAME", add->name, "What it is for")->required()->type_name("");
    add_role_option(*add.app, add->role);
    add.app->add_option("--operator", add->owner, "Whom it belongs to; may be left out where there is only one")
        ->type_name("NAME");
    add.app->add_option("--expires", add->expires, "2027-03-01, 2027-03-01T06:00:00Z or 365d; never if left out")
        ->type_name("TIME");
    auto remove = syntax.add<TokenOptions>(group, "remove", "Revoke one", "token remove prometheus", remove_token);
    remove.app->add_option("NAME", remove->name, "Its name or its id")->required()->type_name("");
}

void add_authorities(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "authorities", "The certificates that outbound calls trust");
    syntax.add(group, "list", "All that were added", "authorities list", list_authorities);
    auto add = syntax.add<AuthorityOptions>(group, "add", "Trust the certificates of PEM files",
                                            "authorities add company-root.pem", commands::add_authorities);
    add.app->add_option("FILE", add->files, "PEM, one certificate or several; -: stdin")->required()->type_name("");
    auto remove = syntax.add<AuthorityOptions>(group, "remove", "Trust one no longer",
                                               "authorities remove 3b1f5c2a9e8d7c6b", remove_authority);
    remove.app->add_option("FINGERPRINT", remove->fingerprint, "Its SHA-256, or at least the first eight digits of it")
        ->required()
        ->type_name("");
    CLI::App& system = Syntax::group(group, "system", "Whether the system's public CAs are trusted too");
    syntax.add(system, "status", "Whether they are", "authorities system status", system_authorities_status);
    syntax.add(system, "enable", "Trust them too", "authorities system enable", enable_system_authorities);
    syntax.add(system, "disable", "Trust none but those that were added", "authorities system disable",
               disable_system_authorities);
    auto retrieve = syntax.add<RetrieveOptions>(
        group, "retrieve", "Show the chain that a server presents, and trust what is chosen of it",
        "authorities retrieve amp.example.net:443 --trust 3b1f5c2a9e8d7c6b", retrieve_authorities);
    retrieve.app->add_option("HOST", retrieve->host, "HOST or HOST:PORT; without a port 443")
        ->required()
        ->type_name("");
    add_network_option(*retrieve.app, retrieve->network);
    retrieve.app
        ->add_option("--trust", retrieve->trust,
                     "Trust the one with this fingerprint; may be repeated. Else it is asked for on a terminal")
        ->type_name("FINGERPRINT")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_network(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "network", "Resolvers of the clean and the dirty network");
    syntax.add(group, "show", "The settings of both", "network show", show_network);
    auto set = syntax.add<NetworkOptions>(group, "set", "Set the resolvers of one network, or what it goes out by",
                                          "network set --network clean --dns 10.0.0.53,10.0.0.54", set_network);
    set.app->add_option("--network", set->network, "Which network")
        ->type_name("clean|dirty")
        ->required()
        ->check(CLI::IsMember({"clean", "dirty"}).description(""));
    set.app
        ->add_option("--dns", set->dns,
                     "Resolver, ADDRESS or ADDRESS:PORT; may be repeated or a list with commas. system: the system's")
        ->type_name("ADDRESS")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    set.app->add_option("--source", set->source, "Own address or device to go out by. system: as the system chooses")
        ->type_name("ADDRESS|DEVICE");
    auto lookup =
        syntax.add<LookupOptions>(group, "lookup", "Try a look-up", "network lookup amp.example.net", look_up);
    lookup.app->add_option("NAME", lookup->name, "DNS name")->required()->type_name("");
    add_network_option(*lookup.app, lookup->network);
}

void add_events(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    auto events =
        syntax.add<EventOptions>(parent, "events", "Show what happens as it happens, or run a program for each event",
                                 "events --exec '/usr/local/bin/tell-operators --urgent'", commands::events);
    events.app
        ->add_option("--exec", events->exec,
                     "Program and arguments, run without a shell: the event's JSON on stdin, GATEHOUSE_EVENT and "
                     "GATEHOUSE_INTERFACE in the environment")
        ->type_name("COMMAND")
        ->check([](const std::string& text) { return text.empty() ? "names no program" : ""; });
}

void add_audit(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    auto audit =
        syntax.add<AuditOptions>(parent, "audit", "Who did what, from where, with what result; the newest first",
                                 "audit --since 7d --action certificate", commands::audit);
    audit.app->add_option("--since", audit->since, "From then on: 2026-03-01, 2026-03-01T06:00:00Z or 12h")
        ->type_name("TIME");
    audit.app->add_option("--until", audit->until, "Before then")->type_name("TIME");
    audit.app->add_option("--actor", audit->actor, "By this operator or token")->type_name("NAME");
    audit.app->add_option("--action", audit->action, "The whole, or up to a dot: certificate")->type_name("ACTION");
    add_interface_option(*audit.app, audit->interface, "About this door");
    audit.app->add_option("--result", audit->result, "With this result")
        ->type_name("done|refused")
        ->check(CLI::IsMember({"done", "refused"}).description(""));
    constexpr unsigned most = 1000;
    CLI::Option* limit = audit.app->add_option("--limit", audit->limit, "At most so many")
                             ->type_name("NUMBER")
                             ->capture_default_str()
                             ->check(CLI::Range(1U, most).description(""));
    audit.app->add_flag("--all", audit->all, "All that there are, however many")->excludes(limit);
}

void add_backup(Syntax& syntax, CLI::App& parent) {
    using namespace commands;
    CLI::App& group = Syntax::group(parent, "backup", "One file of all that makes this box; needs no daemon");
    auto create = syntax.add_alone<CreateOptions>(
        group, "create", "Make one, while the daemon runs or not; its passphrase is asked for, or one line of stdin",
        "backup create /mnt/gateway.backup --samples", create_backup);
    create.app->add_option("FILE", create->wish.file, "What to make")->required()->type_name("");
    create.app->add_flag("--samples", create->wish.samples, "With the contents of the samples");
    create.app
        ->add_option("--key", create->wish.key,
                     "The vault's key, where systemd gives it to the service; else that in $CREDENTIALS_DIRECTORY, or "
                     "in the state folder")
        ->type_name("FILE");
    create.app->add_flag("--force", create->wish.force, "Replace FILE if it is there");
    add_secret_file_option(*create.app, "--passphrase-file", "passphrase", create->passphrase_file);
    auto restore = syntax.add_alone<RestoreOptions>(
        group, "restore", "Make this box the one that was backed up; the daemon must be stopped",
        "backup restore /mnt/gateway.backup --force --configuration", restore_backup);
    restore.app->add_option("FILE", restore->wish.file, "The backup")->required()->type_name("");
    restore.app->add_flag(
        "--configuration", restore->wish.replace_configuration,
        "Replace the configuration file too, and certificates that it names outside the state folder");
    restore.app->add_flag("--elsewhere", restore->wish.elsewhere,
                          "The backup's configuration may have other paths than are in force here: I have looked");
    restore.app->add_flag("--force", restore->wish.force, "Replace what the state folder holds");
    add_secret_file_option(*restore.app, "--passphrase-file", "passphrase", restore->passphrase_file);
}

void add_global(CLI::App& app, Invocation& chosen) {
    app.fallthrough();
    app.require_subcommand(1);
    app.add_option("--socket", chosen.socket,
                   "The daemon's console socket. Default: console_socket of the configuration")
        ->type_name("PATH");
    app.add_option("--config", chosen.configuration,
                   "The daemon's configuration. Default: /etc/gatehouse/gatehouse.json")
        ->type_name("FILE");
    app.add_flag("--json", chosen.json, "Print the daemon's answer as it came");
    app.set_version_flag("--version", "gatehousectl " GATEHOUSE_VERSION);
    app.footer(
        "gatehousectl COMMAND --help shows a command's options and an example.\n"
        "Exit codes: 0 fine, 1 refused, 2 usage, 3 daemon not reachable.");
}

// A word that stands where a command should, and is none: what to say of it. "" where that is not what is wrong.
std::string mistyped(const CLI::App& app) {
    const CLI::App* group = &app;
    std::string path;
    while (!group->get_subcommands().empty()) {
        group = group->get_subcommands().front();
        path += group->get_name() + " ";
    }
    std::vector<std::string_view> known;
    for (const CLI::App* command : group->get_subcommands([](const CLI::App*) { return true; }))
        known.push_back(command->get_name());
    if (known.empty()) return {};
    const std::vector<std::string> rest = app.remaining(true);
    if (rest.empty() || rest.front().starts_with('-')) return {};
    const std::string& word = rest.front();
    const std::string meant = config::nearest_name(word, known);
    return "There is no command \"" + base::printable(path + word) + "\". " +
           (meant.empty() ? "There are: " + base::joined({known.begin(), known.end()}, ", ") + "."
                          : "Did you mean: gatehousectl " + path + meant);
}

}  // namespace

tl::expected<Invocation, Exit> read_command_line(std::vector<std::string> arguments, std::ostream& out,
                                                 std::ostream& err) {
    Invocation chosen;
    CLI::App app{"The console of Gatehouse, for root on the box: works while the portal cannot be reached.",
                 "gatehousectl"};
    add_global(app, chosen);
    Syntax syntax(chosen);
    syntax.add(app, "status", "Is the appliance all right", "status", commands::status);
    add_certificate(syntax, app);
    add_hostname(syntax, app);
    add_tls(syntax, app);
    add_passphrase(syntax, app);
    add_operator(syntax, app);
    add_token(syntax, app);
    add_sessions(syntax, app);
    add_authorities(syntax, app);
    add_network(syntax, app);
    syntax.add(app, "reload", "Read the configuration and both certificates anew, and wait for what comes of it",
               "reload", commands::reload);
    syntax.add_alone(app, "adopt", "Give the one-time file and certificates that root laid down to the daemon's user",
                     "adopt", commands::adopt);
    add_events(syntax, app);
    add_audit(syntax, app);
    add_backup(syntax, app);
    if (!arguments.empty() && arguments.front() == "help") {  // as other tools have it: help [COMMAND]
        arguments.erase(arguments.begin());
        arguments.emplace_back("--help");
    }
    try {
        std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
        app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        const std::string said = error.get_exit_code() == 0 ? "" : mistyped(app);
        if (!said.empty()) {
            err << "gatehousectl: " << said << '\n';
            return tl::unexpected(Exit::usage);
        }
        return tl::unexpected(app.exit(error, out, err) == 0 ? Exit::fine : Exit::usage);
    }
    return chosen;
}

}  // namespace gatehouse::gatehousectl
