// The samples' side of the clean door as a whole: the store, the analysis queue, retention, what is told of samples to
// other services, and the table of their routes. Owned by Backend and made on the control thread, which everything in
// it runs on but the handlers, which serve all workers.
#pragma once

#include "base/shared.hpp"
#include "config/settings.hpp"
#include "server/clean/analysis_desk.hpp"
#include "server/clean/disposition_services.hpp"
#include "server/clean/sample_services.hpp"
#include "server/clean/syndication_desk.hpp"
#include "server/http/router.hpp"
#include "server/net/breakable_calls.hpp"
#include "server/samples/retention.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::clean {

/// What of the settings the store goes by.
[[nodiscard]] samples::StoreLimits store_limits(const config::SampleSettings& settings);

class Depot {
public:
    /// What the depot needs of the rest of the house.
    struct House {
        const Services& door;
        /// Outlives the workers: an upload that the end broke off removes its file there. Null: it could not be opened.
        samples::SampleStore* store = nullptr;
        boost::asio::any_io_executor executor;
        std::function<std::string()> hostname;  ///< of the door; any thread
        /// By which other services are told what was found, on the executor, with places enough for the calls of all of
        /// them; null: what is queued for them waits.
        net::HttpsClient* courier_client = nullptr;
        /// By which samples are fetched, with places of its own: whoever submits addresses keeps no service waiting.
        net::HttpsClient* fetch_client = nullptr;
    };

    Depot(House house, const config::Settings& settings);
    Depot(const Depot&) = delete;
    Depot& operator=(const Depot&) = delete;
    /// Waits for files that are being written; the loops whose coroutines wait for them must still be there.
    ~Depot();

    /// Takes up what the last process left, and begins to work. Without a store, a database or members nothing begins,
    /// and each route says so.
    void start();
    /// From now on these settings hold.
    void configure(const config::Settings& settings);
    /// Who is believed, or how others are reached, was changed: whoever was away may not be any more.
    void ways_out_changed();
    /// Begins nothing any more and puts back what is being analyzed, then calls `done` on the control executor.
    /// Strangers for whom handlers wait have as long as calls of the syndication have.
    void stop(std::function<void()> done);
    /// The last that is written; with the database of the archive that has ended.
    void finish(records::Database& database);

    /// For one worker.
    [[nodiscard]] std::vector<http::Route> routes() const;

private:
    [[nodiscard]] bool has_records() const;
    [[nodiscard]] bool is_open() const;
    [[nodiscard]] boost::asio::awaitable<void> take_up();
    [[nodiscard]] boost::asio::awaitable<http::Judged<samples::HeldContent>> fetch(net::Url url);
    [[nodiscard]] boost::asio::awaitable<integrations::ConnectionTest> test(integrations::DispositionService service);

    boost::asio::any_io_executor executor_;
    base::Log& log_;
    base::Shared<config::SampleSettings> settings_;
    config::AnalysisSettings analysis_;
    config::DispositionSettings dispositions_;
    net::HttpsClient* courier_client_;
    net::HttpsClient* fetch_client_;
    net::BreakableCalls calls_;  // for handlers
    boost::asio::steady_timer farewell_;
    Places uploads_;
    Places keyless_uploads_;
    Places downloads_;
    Places tests_;
    archive::Refusals refusals_;
    SampleServices services_;
    SyndicationServices told_;
    // Null until `start`:
    std::shared_ptr<AnalysisDesk> desk_;
    std::unique_ptr<integrations::AnalysisQueue> queue_;
    std::shared_ptr<samples::Retention> retention_;
    std::shared_ptr<SyndicationDesk> syndication_;  // null where nothing is told
    bool begun_ = false;                            // what was left is taken up
    bool stopped_ = false;
    // Destroyed first: their work uses what stands above.
    net::Pool writing_;
    net::Pool packing_;
    net::Pool reading_;  // for the engine
};

}  // namespace gatehouse::clean
