#include "server/net/machine_names.hpp"

#include "config/address.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::net {

namespace {

constexpr std::size_t largest_file = 4UL * 1024 * 1024;  // lists of blocked hosts grow long
constexpr std::size_t most_name_servers = 3;             // resolv.conf(5)

// The next word of a line, which it is taken from; empty at the end or where a comment begins.
std::string_view take_word(std::string_view& line, std::string_view comment_marks) {
    constexpr std::string_view blanks = " \t\r\v\f";
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    if (line.empty() || comment_marks.find(line.front()) != std::string_view::npos) return {};
    const std::string_view word = line.substr(0, std::min(line.find_first_of(blanks), line.find('#')));
    line.remove_prefix(word.size());
    return word;
}

template <class Take>
void each_line(std::string_view text, Take take) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        take(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::string host_key(std::string_view word) {
    std::string key(word);
    if (key.ends_with('.')) key.pop_back();
    std::transform(key.begin(), key.end(), key.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return key;
}

std::unordered_map<std::string, std::vector<Address>> parse_hosts(std::string_view text) {
    std::unordered_map<std::string, std::vector<Address>> hosts;
    each_line(text, [&](std::string_view line) {
        const auto address = Address::parse(take_word(line, "#"));
        if (!address) return;
        for (auto word = take_word(line, "#"); !word.empty(); word = take_word(line, "#")) {
            auto& known = hosts[host_key(word)];
            if (std::find(known.begin(), known.end(), *address) == known.end()) known.push_back(*address);
        }
    });
    return hosts;
}

std::vector<Endpoint> parse_resolv_conf(std::string_view text) {
    std::vector<Endpoint> servers;
    each_line(text, [&](std::string_view line) {
        if (servers.size() == most_name_servers || take_word(line, "#;") != "nameserver") return;
        // One with a zone ("fe80::1%eth0") cannot be asked by c-ares 1.18 and is passed over like a broken line.
        const auto address = Address::parse(take_word(line, "#;"));
        if (address) servers.push_back({*address, config::dns_port});
    });
    return servers;
}

}  // namespace

base::Result<std::optional<std::string>> MachineNames::changed(Followed& file) const {
    using Change = std::optional<std::string>;
    const auto gone = [&](const base::Error& error) -> base::Result<Change> {
        if (error.kind != base::ErrorKind::not_found) return base::fail(error);
        file.identity.reset();
        return Change(std::in_place);
    };
    const auto facts = files_.facts(file.path);
    if (!facts) return gone(facts.error());
    if (file.identity == facts->identity) return Change();
    const auto contents = files_.read(file.path, largest_file);
    if (!contents) return gone(contents.error());
    file.identity = contents->facts.identity;
    return Change(contents->bytes.reveal());
}

base::Result<std::vector<Address>> MachineNames::addresses(std::string_view name) {
    const auto text = changed(hosts_file_);
    if (!text) return base::fail(text.error());
    if (*text) hosts_ = parse_hosts(**text);
    const auto found = hosts_.find(std::string(name));
    return found == hosts_.end() ? std::vector<Address>() : found->second;
}

base::Result<std::vector<Endpoint>> MachineNames::name_servers() {
    const auto text = changed(resolv_conf_);
    if (!text) return base::fail(text.error());
    if (*text) name_servers_ = parse_resolv_conf(**text);
    if (name_servers_.empty()) {
        return base::fail(base::ErrorKind::unavailable, "no_name_server",
                          "No DNS server is set, and " + resolv_conf_.path.string() + " names none that can be asked.",
                          "Set the DNS servers of this network.");
    }
    return name_servers_;
}

}  // namespace gatehouse::net
