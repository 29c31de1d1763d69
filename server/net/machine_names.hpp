// What the machine itself says about names: /etc/hosts, and the name servers of /etc/resolv.conf. Both are looked at
// anew whenever they changed. Owned by a resolver; its executor only. A look costs a stat; a change, a read of a file
// that is small.
#pragma once

#include "base/files.hpp"
#include "server/net/endpoint.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::net {

/// Where they lie; tests have others.
struct MachineFiles {
    std::filesystem::path hosts = "/etc/hosts";
    std::filesystem::path resolv_conf = "/etc/resolv.conf";
};

class MachineNames {
public:
    explicit MachineNames(const MachineFiles& files)
        : hosts_file_{files.hosts, {}}, resolv_conf_{files.resolv_conf, {}} {}

    /// The addresses of a name in lower case, of all lines that have it; lines that are none are passed over, a file
    /// that is not there gives none. Errors: those of reading a file, since to go on without it could mean to call
    /// another machine than the operator wrote down.
    [[nodiscard]] base::Result<std::vector<Address>> addresses(std::string_view name);
    /// At most three, as everywhere. Errors: unavailable/no_name_server; those of reading a file.
    [[nodiscard]] base::Result<std::vector<Endpoint>> name_servers();

private:
    // A file, and its state when it was last read.
    struct Followed {
        std::filesystem::path path;
        std::optional<base::FileIdentity> identity;
    };
    // The file's text where it changed since the last time, empty where it is gone; nullopt: as before.
    [[nodiscard]] base::Result<std::optional<std::string>> changed(Followed& file) const;

    base::SystemFiles files_;
    Followed hosts_file_;
    Followed resolv_conf_;
    std::unordered_map<std::string, std::vector<Address>> hosts_;
    std::vector<Endpoint> name_servers_;
};

}  // namespace gatehouse::net
