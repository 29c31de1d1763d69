// What is wrong with the box as a whole, for whoever looks at it: the status line, GET /status and with it
// `gatehousectl status`. Each room hands in what it knows of its topic. Plain values; owned by the appliance, on the
// control thread.
#pragma once

#include "base/result.hpp"
#include "server/admin/services.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::server {

/// Where a trouble lies, the gravest first.
enum class Topic { state, records, samples, configuration, restart, files };

class Troubles {
public:
    /// What is wrong there now, in place of what was; none: nothing is.
    void set(Topic topic, std::vector<admin::Trouble> troubles) { known_[topic] = std::move(troubles); }

    /// The gravest first.
    [[nodiscard]] std::vector<admin::Trouble> all() const;
    /// Parts of the status line, in the same order.
    [[nodiscard]] std::vector<std::string> summary() const;

private:
    std::map<Topic, std::vector<admin::Trouble>> known_;
};

/// What `why` means for the whole box: `code` is one of docs/api/admin.yaml, `consequence` a sentence of what does not
/// work because of it.
[[nodiscard]] admin::Trouble trouble(const std::string& code, const base::Error& why, std::string_view consequence);

/// A configuration that was refused, one for each thing that is wrong with it.
[[nodiscard]] std::vector<admin::Trouble> troubles_of_refused(const std::vector<base::Error>& errors);

/// The configuration was taken but for these options; none where there are none.
[[nodiscard]] std::vector<admin::Trouble> troubles_of_restart(const std::vector<std::string>& options);

}  // namespace gatehouse::server
