#include "server/net/buffers.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace buffers_test {

using namespace gatehouse::net;

TEST_CASE("a block given back is the next one taken") {
    BufferPool pool;
    Block block = pool.take(100);
    const char* const bytes = block.data();
    CHECK(block.capacity() == BufferPool::small);
    block.release();
    CHECK_FALSE(block);
    CHECK(pool.take(BufferPool::small).data() == bytes);
}

TEST_CASE("a block has room for what was asked, whatever the size") {
    BufferPool pool;
    CHECK(pool.take(BufferPool::small + 1).capacity() == BufferPool::large);
    CHECK(pool.take(BufferPool::large + 1).capacity() == BufferPool::large + 1);
}

TEST_CASE("moving a block leaves the other one empty and returns what was held before") {
    BufferPool pool;
    Block one = pool.take(1);
    Block two = pool.take(1);
    const char* const first = one.data();
    const char* const second = two.data();
    two = std::move(one);
    CHECK(two.data() == first);
    CHECK(pool.take(1).data() == second);
}

}  // namespace buffers_test
