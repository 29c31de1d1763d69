#include "server/integrations/engine.hpp"

#include "server/integrations/sample_bytes.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;
using config::EngineProtocol;
using std::chrono::steady_clock;
using Kind = NoVerdict::Kind;
using How = Broken::How;

namespace {

constexpr std::size_t longest_clamd_reply = 16UL * 1024;
constexpr std::size_t longest_filename = 1024;

// A number as clamd's stream has it: four bytes, the highest first.
std::string length_prefix(std::size_t length) {
    constexpr unsigned bits = 8;
    std::string bytes;
    for (unsigned place = 4; place-- > 0;)
        bytes += static_cast<char>((length >> (place * bits)) & 0xFFU);
    return bytes;
}

// The first line of our protocol.
std::string header_line(const Sample& sample, std::uint32_t seconds) {
    nlohmann::json header{{"gatehouse", 1}, {"size", sample.size}, {"seconds", seconds}};
    header["filename"] = bounded(sample.filename, longest_filename);
    if (!sample.sha256.empty()) header["sha256"] = sample.sha256;
    if (!sample.sha1.empty()) header["sha1"] = sample.sha1;
    if (!sample.md5.empty()) header["md5"] = sample.md5;
    return header.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

tl::unexpected<NoVerdict> without_bytes(base::Error error) {
    const Kind kind = error.code == "busy"       ? Kind::unavailable
                      : error.code == "stopping" ? Kind::stopped
                                                 : Kind::failed;
    return tl::unexpected<NoVerdict>(NoVerdict{kind, std::move(error)});
}

}  // namespace

std::shared_ptr<Engine> Engine::make(const asio::any_io_executor& executor, net::Pool& pool,
                                     config::AnalysisSettings settings, EnginePatience patience) {
    return std::make_shared<Engine>(Private{}, executor, pool, std::move(settings), patience);
}

Engine::Engine(Private /*key*/, const asio::any_io_executor& executor, net::Pool& pool,
               config::AnalysisSettings settings, EnginePatience patience)
    : executor_(executor), pool_(pool), settings_(std::move(settings)), patience_(patience) {}

void Engine::stop() {
    stopped_ = true;
    for (const auto& weak : talks_) {
        if (const Talk talk = weak.lock()) talk->stop();
    }
    talks_.clear();
}

Engine::Talk Engine::begin(Conversation::Moment until) {
    std::erase_if(talks_, [](const auto& weak) { return weak.expired(); });
    Talk talk = Conversation::make(executor_, until);
    talks_.push_back(talk);
    if (stopped_) talk->stop();
    return talk;
}

tl::unexpected<NoVerdict> Engine::broke_off(const Broken& broken) const {
    const std::string engine = "The analysis engine at " + settings_.socket.string();
    const std::string why = broken.why.empty() ? std::string() : " (" + broken.why + ")";
    switch (broken.how) {
        case How::unreachable:
            return no_verdict(Kind::unavailable, "engine_unreachable",
                              engine + " cannot be reached" +
                                  (broken.why.empty() ? ": it does not answer." : ": " + broken.why + "."),
                              "Check that it runs, and that the daemon's user may use its socket.");
        case How::stalled:
            return no_verdict(Kind::failed, "engine_stalled", engine + " stopped taking the sample's bytes.");
        case How::late:
            return no_verdict(Kind::failed, "engine_timeout",
                              engine + " gave no verdict within " + std::to_string(settings_.seconds) + " seconds.",
                              "Raise analysis.seconds where it needs longer.");
        case How::closed:
            return no_verdict(Kind::failed, "engine_closed",
                              engine + " closed the connection without a verdict" + why + ".", "Its own log says why.");
        case How::endless:
            return no_verdict(Kind::failed, "engine_garbled", engine + " answers without end.");
        case How::stopped:
            break;
    }
    return no_verdict(Kind::stopped, "stopping", "The analysis was called off.");
}

asio::awaitable<tl::expected<EngineName, NoVerdict>> Engine::ask_version(Talk talk) {
    constexpr std::string_view question("zVERSION\0", 9);
    const auto connected = co_await talk->connect(settings_.socket, patience_.connecting);
    if (!connected) co_return broke_off(connected.error());
    if (settings_.protocol == EngineProtocol::gatehouse) co_return EngineName();
    const auto asked = co_await talk->send(question, {}, patience_.connecting);
    if (!asked) co_return broke_off(asked.error());
    const auto reply = co_await talk->receive('\0', longest_clamd_reply);
    if (!reply) co_return broke_off(reply.error());
    co_return parse_clamd_version(*reply);
}

asio::awaitable<tl::expected<EngineName, NoVerdict>> Engine::greet() {
    const auto self = shared_from_this();
    const auto until = steady_clock::now() + patience_.greeting;
    auto known = co_await ask_version(begin(until));
    // Whatever happened: without a sample it was none of a sample's.
    if (!known && known.error().kind != Kind::stopped) {
        NoVerdict failure = std::move(known.error());
        failure.kind = Kind::unavailable;
        if (failure.error.code == "engine_timeout")
            failure.error.message = "The analysis engine at " + settings_.socket.string() + " does not answer.";
        co_return tl::unexpected<NoVerdict>(std::move(failure));
    }
    co_return known;
}

asio::awaitable<Judgement> Engine::judge(Sample sample, std::function<void()> has_it_all) {
    const auto self = shared_from_this();
    if (settings_.sample_bytes != 0 && sample.size > settings_.sample_bytes) {
        co_return no_verdict(Kind::refused, "sample_too_large",
                             "The sample has " + std::to_string(sample.size) + " bytes, and those of more than " +
                                 std::to_string(settings_.sample_bytes) + " are not analyzed.",
                             "analysis.sample_bytes sets the limit.");
    }
    const auto until = steady_clock::now() + std::chrono::seconds(settings_.seconds);
    EngineName name;
    if (settings_.protocol == EngineProtocol::clamd) {
        auto known = co_await greet();  // signatures change while it runs
        if (!known) co_return tl::unexpected<NoVerdict>(std::move(known.error()));
        name = std::move(*known);
    }
    const Talk talk = begin(until);
    auto conversing = converse(talk, std::move(sample), std::move(has_it_all));
    Judgement judgement = co_await std::move(conversing);
    talk->stop();  // what it may have to say behind its answer is nothing to us
    if (!judgement) co_return std::move(judgement);
    if (judgement->engine.empty()) judgement->engine = name.name;
    if (judgement->engine_version.empty()) judgement->engine_version = name.version;
    co_return std::move(judgement);
}

asio::awaitable<Judgement> Engine::converse(Talk talk, Sample sample, std::function<void()> has_it_all) {
    const bool clamd = settings_.protocol == EngineProtocol::clamd;
    const auto sent = co_await send_sample(talk, std::move(sample));
    if (!sent) co_return tl::unexpected<NoVerdict>(sent.error());
    if (has_it_all) has_it_all();
    const char end = clamd ? '\0' : '\n';
    const auto reply = co_await talk->receive(end, clamd ? longest_clamd_reply : Bounds::line_bytes);
    if (!reply) co_return broke_off(reply.error());
    co_return clamd ? parse_clamd_reply(*reply, {}) : parse_verdict(*reply);
}

// Up to its end, or until the engine has its say.
asio::awaitable<tl::expected<void, NoVerdict>> Engine::send_sample(Talk talk, Sample sample) {
    const bool clamd = settings_.protocol == EngineProtocol::clamd;
    auto bytes = co_await SampleBytes::open(pool_, sample.file, sample.size);
    if (!bytes) co_return without_bytes(std::move(bytes.error()));
    const auto connected = co_await talk->connect(settings_.socket, patience_.connecting);
    if (!connected) co_return broke_off(connected.error());
    const std::string head = clamd ? std::string("zINSTREAM\0", 10) : header_line(sample, settings_.seconds);
    auto taken = co_await talk->send(head, {}, patience_.sending);
    while (taken && *taken) {
        const auto next = co_await bytes->next(pool_);
        if (!next) co_return without_bytes(next.error());
        const std::string prefix = clamd ? length_prefix(next->size()) : std::string();
        if (!clamd && next->empty()) break;
        taken = co_await talk->send(prefix, *next, patience_.sending);
        if (next->empty()) break;  // clamd's stream ends with a stretch of no bytes
    }
    if (!taken) co_return broke_off(taken.error());
    co_return tl::expected<void, NoVerdict>();
}

}  // namespace gatehouse::integrations
