// A store with samples and an engine to ask, for the tests of the engine's client.
#pragma once

#include "server/integrations/engine.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/loop.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>

namespace gatehouse::integrations::testing {

struct Laboratory {
    tests::Folder store;
    net::testing::Loop loop;
    net::Pool pool{2, 100};
    std::shared_ptr<Engine> engine;

    explicit Laboratory(const config::AnalysisSettings& settings, EnginePatience patience = {})
        : engine(Engine::make(loop.io.get_executor(), pool, settings, patience)) {}

    [[nodiscard]] Sample put(const std::string& bytes, const std::string& filename = "invoice.exe") const {
        store.write("sample", bytes);
        return {
            "id",    store / "sample", bytes.size(), std::string(64, 'a'), std::string(40, 'b'), std::string(32, 'c'),
            filename};
    }
    Judgement judge(const std::string& bytes) { return loop.await(engine->judge(put(bytes))); }
    /// "KIND CODE" where there is no verdict.
    std::string failure(const std::string& bytes) { return failure_of(judge(bytes)); }
    static std::string failure_of(const Judgement& judgement) {
        if (judgement) return "judged";
        INFO(judgement.error().error.text());
        CHECK_FALSE(judgement.error().error.message.empty());
        constexpr std::array kinds{"unavailable", "failed", "refused", "stopped"};
        return std::string(kinds.at(static_cast<std::size_t>(judgement.error().kind))) + " " +
               judgement.error().error.code;
    }
};

/// So many bytes that nobody finds anything in.
inline std::string large(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i)
        text[i] = static_cast<char>('a' + i * i % 23);
    return text;
}

}  // namespace gatehouse::integrations::testing
