// The headers that cost most to compile, read once per set of flags. Only the server floor sees it.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/ssl.h>
#include <tl/expected.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>
