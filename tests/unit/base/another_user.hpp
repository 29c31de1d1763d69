// Makes root act as a user without rights until the end of the scope, since nothing is ever denied to root. For another
// user than root it does nothing. The whole process changes: only for tests of one thread.
#pragma once

#include <stdexcept>
#include <sys/types.h>
#include <unistd.h>

namespace gatehouse::tests {

class AnotherUser {
public:
    static constexpr uid_t id = 65534;  // nobody

    AnotherUser() : was_root_(::geteuid() == 0) {
        if (was_root_ && ::seteuid(id) != 0) throw std::runtime_error("seteuid");
    }
    AnotherUser(const AnotherUser&) = delete;
    AnotherUser& operator=(const AnotherUser&) = delete;
    ~AnotherUser() {
        if (was_root_ && ::seteuid(0) != 0) ::_exit(1);
    }

private:
    bool was_root_;
};

}  // namespace gatehouse::tests
