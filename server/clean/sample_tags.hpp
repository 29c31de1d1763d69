// Tags as clients of the field write them, and several of them at once for a sample. The first is pure; the second is
// for the archive's thread.
#pragma once

#include "base/result.hpp"
#include "records/viewer.hpp"
#include "server/clean/arguments.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {
class Database;
}

namespace gatehouse::clean {

/// Tags of parameters that may come several times and may have commas.
[[nodiscard]] std::vector<std::string> tags_in(const Arguments& arguments,
                                               std::initializer_list<std::string_view> names);
/// All of them or none; the sample's tags then.
[[nodiscard]] base::Result<std::vector<std::string>> add_all_tags(records::Database& database,
                                                                  const records::Viewer& viewer, const std::string& id,
                                                                  const std::vector<std::string>& tags);

}  // namespace gatehouse::clean
