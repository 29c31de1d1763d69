// Has what was found to be malicious told to the disposition update services: a courier for each, so that none waits
// for another. What waits is kept by somebody else (SyndicationWork), and so is how a call is made (Deliver). Owned by
// the depot's SyndicationDesk, on one executor that runs one handler at a time.
#pragma once

#include "base/log.hpp"
#include "server/integrations/courier.hpp"
#include "server/integrations/disposition.hpp"
#include "server/integrations/standing.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace gatehouse::integrations {

class Syndication {
public:
    /// Does nothing before `configure`. The log must outlive the loop's last turn, and what `work` and `deliver` refer
    /// to must last until `stop` is done.
    Syndication(const boost::asio::any_io_executor& executor, base::Log& log, SyndicationWork work, Deliver deliver,
                SyndicationPace pace = {});
    Syndication(const Syndication&) = delete;
    Syndication& operator=(const Syndication&) = delete;
    /// As `stop`, but calls under way are broken off and recorded nowhere.
    ~Syndication();

    /// From now on these are the services, each told `at_once` at a time. What is under way goes on; what comes of a
    /// call to one that is gone is recorded all the same. One with another version is tried at once, be it away. On the
    /// executor.
    void configure(std::vector<DispositionService> services, std::size_t at_once);
    /// Something may wait. Any thread.
    void wake();
    /// A person has mended something, or wants to see what comes of it: the service is looked at now, be it away. None
    /// of that id: nothing. Any thread.
    void hasten(std::int64_t service);
    /// The same for all: the ways by which they are reached were changed. Any thread.
    void hasten_all();
    /// The same for one that a test has reached: where nothing waits for it, it is away no more. Any thread.
    void tested(std::int64_t service);
    /// By the services' ids. Any thread.
    [[nodiscard]] std::map<std::int64_t, ServiceState> states() const;
    /// Begins nothing any more, gives calls under way `farewell` to end, records what came of them, then calls `done`,
    /// on the executor. On the executor, once.
    void stop(std::function<void()> done);

private:
    class House;
    std::shared_ptr<House> house_;
};

}  // namespace gatehouse::integrations
