// The operators' choices (config/choices) as the settings table keeps them: door.clean and door.admin, a JSON object
// each. Used like the Database it was given: by one thread at a time; blocking.
#pragma once

#include "config/choices.hpp"
#include "records/database.hpp"

namespace gatehouse::records {

/// Errors: those of Database. A value that does not fit (a later version wrote it) counts as not chosen.
[[nodiscard]] base::Result<config::Choices> read_choices(Database& database);

/// Keeps one door's choices. Errors: those of Database.
[[nodiscard]] base::Result<void> keep_choices(Database& database, config::Interface interface,
                                              const config::DoorChoices& choices, Time now);

}  // namespace gatehouse::records
