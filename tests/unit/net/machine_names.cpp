#include "server/net/machine_names.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace machine_names_test {

using namespace gatehouse;
namespace pki = certstore::testing;

namespace {

struct Machine {
    tests::Folder folder;
    net::MachineNames names{{folder / "hosts", folder / "resolv.conf"}};

    std::string addresses(std::string_view name) {
        const auto found = names.addresses(name);
        if (!found) return found.error().code;
        std::string text;
        for (const auto& address : *found)
            text += (text.empty() ? "" : " ") + address.text();
        return text;
    }
    std::string servers() {
        const auto found = names.name_servers();
        if (!found) return found.error().code;
        std::string text;
        for (const auto& server : *found)
            text += (text.empty() ? "" : " ") + server.text();
        return text;
    }
};

}  // namespace

TEST_CASE("the hosts file gives all addresses of a name, in whatever case and order it is written") {
    Machine machine;
    pki::write_text(machine.folder / "hosts",
                    "# a comment\n"
                    "192.0.2.1\tgw.example  GW mail.\n"
                    "  2001:db8::1 gw.example # not.example\n"
                    "192.0.2.1 gw.example\n"
                    "192.0.2.2 gw.example#tail\r\n"
                    "fe80::1%eth0 zone.example\n"
                    "nonsense line.example\n"
                    "192.0.2.9\n"
                    "192.0.2.3 last");
    CHECK(machine.addresses("gw.example") == "192.0.2.1 2001:db8::1 192.0.2.2");
    CHECK(machine.addresses("gw") == "192.0.2.1");
    CHECK(machine.addresses("mail") == "192.0.2.1");
    CHECK(machine.addresses("last") == "192.0.2.3");
    for (const char* name : {"not.example", "zone.example", "line.example", "tail", "other.example"}) {
        CAPTURE(name);
        CHECK(machine.addresses(name).empty());
    }
}

TEST_CASE("a hosts file that changes, goes and comes is followed") {
    Machine machine;
    CHECK(machine.addresses("gw").empty());
    pki::write_text(machine.folder / "hosts", "192.0.2.1 gw\n");
    CHECK(machine.addresses("gw") == "192.0.2.1");
    pki::write_text(machine.folder / "new", "192.0.2.2 gw\n");
    std::filesystem::rename(machine.folder / "new", machine.folder / "hosts");
    CHECK(machine.addresses("gw") == "192.0.2.2");
    std::filesystem::remove(machine.folder / "hosts");
    CHECK(machine.addresses("gw").empty());
    pki::write_text(machine.folder / "hosts", "192.0.2.3 gw\n");
    CHECK(machine.addresses("gw") == "192.0.2.3");
}

TEST_CASE("a hosts file that cannot be read is an error, not an empty file") {
    Machine machine;
    std::filesystem::create_directory(machine.folder / "hosts");
    CHECK(machine.addresses("gw") == "file_not_regular");
    std::filesystem::remove(machine.folder / "hosts");
    pki::write_text(machine.folder / "hosts", std::string(5 * 1024 * 1024, '\n'));
    CHECK(machine.addresses("gw") == "file_too_large");
}

TEST_CASE("the machine's name servers are the first three of resolv.conf that can be asked") {
    Machine machine;
    CHECK(machine.servers() == "no_name_server");
    pki::write_text(machine.folder / "resolv.conf",
                    "search example\n"
                    "# nameserver 192.0.2.1\n"
                    "; nameserver 192.0.2.1\n"
                    "nameserver fe80::1%eth0\n"
                    "nameserver dns.example\n"
                    "nameserver\n"
                    "nameserver 192.0.2.2 # the first\n"
                    "\tnameserver\t2001:db8::53\n"
                    "nameservers 192.0.2.1\n"
                    "options timeout:1\n"
                    "nameserver 192.0.2.3\n"
                    "nameserver 192.0.2.4\n");
    CHECK(machine.servers() == "192.0.2.2:53 [2001:db8::53]:53 192.0.2.3:53");
    pki::write_text(machine.folder / "resolv.conf", "nameserver 192.0.2.5\n");
    CHECK(machine.servers() == "192.0.2.5:53");
    pki::write_text(machine.folder / "resolv.conf", "options edns0\n");
    CHECK(machine.servers() == "no_name_server");
}

}  // namespace machine_names_test
