// One connection to an engine behind a Unix socket, none of whose steps lasts longer than it may. Made by
// server/integrations/engine for each sample; one executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <tl/expected.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::integrations {

/// How a conversation broke off.
struct Broken {
    enum class How {
        unreachable,  ///< nobody listens there, or too many wait already
        stalled,      ///< a step made no progress
        late,         ///< the whole took too long
        closed,       ///< the other side ended it without an answer
        endless,      ///< an answer without end
        stopped,      ///< `stop` was called
    };
    How how = How::closed;
    std::string why;  ///< the system's words where it has some
};

template <class T>
using Said = tl::expected<T, Broken>;

class Conversation : public std::enable_shared_from_this<Conversation> {
    struct Private {};

public:
    using Moment = std::chrono::steady_clock::time_point;

    /// `until`: when the whole has to be over.
    [[nodiscard]] static std::shared_ptr<Conversation> make(const boost::asio::any_io_executor& executor, Moment until);
    Conversation(Private key, const boost::asio::any_io_executor& executor, Moment until);
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() = default;

    [[nodiscard]] boost::asio::awaitable<Said<void>> connect(std::filesystem::path socket,
                                                             std::chrono::milliseconds patience);

    /// Sends two stretches of bytes, one behind the other; they must stay until it is done. False: the other side
    /// answered or closed before it took them all, so that `receive` has the rest of the story.
    [[nodiscard]] boost::asio::awaitable<Said<bool>> send(std::string_view first, std::string_view second,
                                                          std::chrono::milliseconds patience);

    /// What comes before `end`, or before the other side closes; at most `most` bytes.
    [[nodiscard]] boost::asio::awaitable<Said<std::string>> receive(char end, std::size_t most);

    /// Ends whatever waits. On the executor.
    void stop();

private:
    void end_at(Moment when, Broken::How how);
    void watch_for_answer();
    [[nodiscard]] tl::unexpected<Broken> broken(Broken::How how, std::string why = {}) const;

    boost::asio::local::stream_protocol::socket socket_;
    boost::asio::steady_timer timer_;
    Moment until_;
    Moment step_ends_;  // what the timer is set to; a handler that comes from an earlier setting looks here
    Broken::How step_how_ = Broken::How::late;
    bool over_ = false;  // closed by us
    bool watching_ = false;
    bool answered_ = false;
    bool sending_ = false;
};

}  // namespace gatehouse::integrations
