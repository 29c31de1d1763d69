// Fuzzes the reading of the one-time file: whatever the text, it gives passphrases and accounts that can be used or one
// error, and never throws or crashes.
#include "config/one_time_file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto file = config::parse_one_time_file(text, "otc.conf.json");
    if (!file) {
        const base::Error& error = file.error();
        require(error.kind == base::ErrorKind::input);
        require(error.code == "otc_invalid");
        require(error.message.starts_with("otc.conf.json: ") && error.message.ends_with("."));
        require(error.message.find('\n') == std::string::npos && error.message.size() < 20'000);
        return 0;
    }
    require(file->digest.empty());
    for (const config::Interface interface : config::interfaces) {
        const auto& passphrase = file->keypass[interface];
        if (!passphrase) continue;
        require(!passphrase->empty() && passphrase->size() <= 1024);
        require(passphrase->reveal().find('\0') == std::string_view::npos);
    }
    for (const config::OneTimeUser& user : file->users)
        require(!user.username.empty() && !user.password.empty());
    for (const config::OneTimeApiKey& api_key : file->api_keys)
        require(!api_key.username.empty() && !api_key.key.empty());
    if (file->shared_keypass) require(file->keypass.clean->equals(file->keypass.admin->reveal()));
    return 0;
}
