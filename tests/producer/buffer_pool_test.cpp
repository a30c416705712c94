// Memory for batches: who gets it, who waits.
#include "producer/buffer_pool.hpp"

#include "tests/support/catch.hpp"

using kafkasim::producer::BufferPool;

TEST_CASE("memory is taken while there is some, and comes back") {
  BufferPool pool(1000, 100);
  CHECK(pool.try_allocate(100));
  CHECK(pool.try_allocate(900));
  CHECK_FALSE(pool.try_allocate(1));
  pool.release(100);
  CHECK(pool.available() == 100);
  CHECK(pool.try_allocate(100));
  pool.release(900);
  pool.release(100);
  CHECK(pool.available() == 1000);
}

TEST_CASE("a large request breaks up pooled buffers") {
  BufferPool pool(300, 100);
  for (int i = 0; i < 3; ++i) CHECK(pool.try_allocate(100));
  for (int i = 0; i < 3; ++i) pool.release(100);
  CHECK(pool.try_allocate(250));
  CHECK(pool.available() == 50);
}

TEST_CASE("who waits is served in order and collects over several releases") {
  BufferPool pool(300, 100);
  REQUIRE(pool.try_allocate(100));
  REQUIRE(pool.try_allocate(200));
  const auto first = pool.wait_for(200);
  const auto second = pool.wait_for(100);
  CHECK(pool.queued() == 2);
  pool.release(100);
  CHECK_FALSE(first->served());
  CHECK_FALSE(second->served());
  // Nobody overtakes the line.
  CHECK_FALSE(pool.try_allocate(10));
  pool.release(200);
  CHECK(first->served());
  CHECK(second->served());
  CHECK(pool.queued() == 0);
  CHECK(pool.leave(first));
  CHECK(pool.leave(second));
  CHECK(pool.available() == 0);
}

TEST_CASE("who gives up waiting leaves what was collected to the next") {
  BufferPool pool(300, 100);
  REQUIRE(pool.try_allocate(200));
  const auto first = pool.wait_for(300);
  const auto second = pool.wait_for(100);
  CHECK(first->collected == 100);
  CHECK_FALSE(pool.leave(first));
  CHECK(second->served());
  CHECK(pool.leave(second));
}
