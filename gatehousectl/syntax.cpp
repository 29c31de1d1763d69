#include "gatehousectl/syntax.hpp"

namespace gatehouse::gatehousectl {

CLI::Option* add_interface_option(CLI::App& app, std::string& interface, const std::string& description) {
    return app.add_option("--interface", interface, description)
        ->type_name("clean|admin")
        ->check(CLI::IsMember({"clean", "admin"}).description(""));
}

void add_confirm_option(CLI::App& app, std::vector<std::string>& codes) {
    app.add_option("--confirm", codes, "Accept these warnings; else they are asked about on a terminal")
        ->type_name("CODE,CODE")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_names_option(CLI::App& app, std::vector<std::string>& names) {
    app.add_option("--name", names,
                   "DNS name or IP address; may be repeated or a list with commas. Default: the hostname")
        ->type_name("NAME")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_key_type_option(CLI::App& app, std::string& type, const std::string& default_type) {
    const std::vector<std::string> types{"ecdsa-p256", "rsa-2048", "rsa-3072", "rsa-4096", "ed25519"};
    app.add_option("--key-type", type, default_type)
        ->type_name("ecdsa-p256|rsa-2048|rsa-3072|rsa-4096|ed25519")
        ->check(CLI::IsMember(types).description(""));
}

void add_role_option(CLI::App& app, std::string& role) {
    app.add_option("--role", role, "What it may do")
        ->type_name("read|operate")
        ->required()
        ->check(CLI::IsMember({"read", "operate"}).description(""));
}

void add_network_option(CLI::App& app, std::string& network) {
    network = "dirty";
    app.add_option("--network", network, "Over which network")
        ->type_name("clean|dirty")
        ->capture_default_str()
        ->check(CLI::IsMember({"clean", "dirty"}).description(""));
}

void add_secret_file_option(CLI::App& app, const std::string& name, const std::string& what,
                            std::filesystem::path& file) {
    app.add_option(name, file, "File whose first line is the " + what + "; else it is asked for, or read from stdin")
        ->type_name("FILE");
}

}  // namespace gatehouse::gatehousectl
