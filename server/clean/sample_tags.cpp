#include "server/clean/sample_tags.hpp"

#include "records/sample_tags.hpp"
#include "server/http/list.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::clean {

std::vector<std::string> tags_in(const Arguments& arguments, std::initializer_list<std::string_view> names) {
    std::vector<std::string> tags;
    // One more than a sample may have is refused by records: to read the others would only take time.
    const auto enough = [&] { return tags.size() > records::SampleTags::most_of_sample; };
    for (const std::string_view name : names) {
        for (const std::string_view list : arguments.all(name)) {
            if (enough()) return tags;
            http::each_member(list, [&](std::string_view tag) {
                if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.emplace_back(tag);
                return !enough();
            });
        }
    }
    return tags;
}

base::Result<std::vector<std::string>> add_all_tags(records::Database& database, const records::Viewer& viewer,
                                                    const std::string& id, const std::vector<std::string>& tags) {
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    std::vector<std::string> all;
    for (const std::string& tag : tags) {
        auto added = records::SampleTags(database).add(viewer, id, tag);
        if (!added) return added;
        all = std::move(*added);
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return all;
}

}  // namespace gatehouse::clean
