// gatehousectl adopt: gives what root laid down for the daemon (the one-time file, both doors' pairs) to the user that
// the state folder belongs to. Works on the box's files, without the daemon: its unit runs this before each start.
// Main's thread.
#pragma once

#include "gatehousectl/desk.hpp"

namespace gatehouse::gatehousectl::commands {

/// Of the configured paths those that belong to root change hands, with the folders below STATE that lead to them; the
/// one-time file and keys lose what others may do with them. Nothing is reached through a link below STATE, whose owner
/// could have laid it, nor is a file that has a second name. Exit::refused where one was left as it is for that.
/// Nothing is done where others than root can change the configuration or its folder.
[[nodiscard]] Outcome<Exit> adopt(const Desk& desk);

}  // namespace gatehouse::gatehousectl::commands
