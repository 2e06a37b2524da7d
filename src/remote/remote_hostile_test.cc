// Traffic as no phone sends it: it is closed and counted, the set plays on, and whoever is well-behaved is
// served.
#include <atomic>
#include <random>

#include "remote/remote_test_help.h"

namespace reverie {
namespace {

std::string mutated(std::string bytes, std::mt19937& random) {
  for (size_t times = 1 + random() % 4; times > 0 && !bytes.empty(); --times) {
    const size_t at = random() % bytes.size();
    const size_t size = 1 + random() % 24;
    switch (random() % 6) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes[at] = static_cast<char>(random() % 2 == 0 ? 0xff : random());
        break;
      case 2:
        bytes.erase(at, size);
        break;
      case 3:
        bytes.insert(at, bytes.substr(random() % bytes.size(), size));
        break;
      case 4:
        bytes.insert(at, std::string(size, static_cast<char>(random())));
        break;
      default:
        bytes.resize(at);
        break;
    }
  }
  return bytes;
}

// The first bytes of a frame, with a length that need not be its own.
std::string head(int first, int second, const std::string& length = "") {
  return std::string{static_cast<char>(first), static_cast<char>(second)} + length + "\x11\x22\x33\x44";
}

TEST_F(RemoteTest, BrokenFramesAreClosedAndCounted) {
  start();
  const std::string begun = frame(R"({"black":)", 1, false);
  const std::pair<const char*, std::string> broken[] = {
      {"an opcode that nobody has", frame("{}", 3)},
      {"a control opcode that nobody has", frame("", 11)},
      {"reserved bits", head(0xc1, 0x80)},
      {"a length below zero", head(0x81, 0xff, "\xff\xff\xff\xff\xff\xff\xff\xff")},
      {"more than there is memory",
       head(0x81, 0xff, std::string("\0\0\xff\0\0\0\0\0", 8)) + std::string(5000, 'x')},
      {"a long ping", head(0x89, 0xfe, "\x01\x01")},
      {"half a ping", frame("p", 9, false)},
      {"a continuation of nothing", frame("{}", 0)},
      {"a message within another", begun + frame("{}")},
      {"a binary one within another", begun + frame("{}", 2)},
      {"a message that grows and grows",
       begun + frame(std::string(3000, ' '), 0, false) + frame(std::string(3000, ' '), 0, false)},
      {"a binary message", frame("{}", 2)},
  };
  for (const auto& [what, bytes] : broken) {
    const auto line = page();
    line->send(bytes);
    EXPECT_TRUE(line->closes()) << what;
  }
  // of lengths that cannot be, the library tells nobody
  EXPECT_TRUE(soon([&] { return remote_->counts().malformed >= std::size(broken) - 2; }))
      << remote_->counts().malformed;
  // what is only odd is answered or ignored
  const auto first = page();
  first->send(frame("ping", 9) + frame("pong", 10) + frame("", 1, false) + frame("", 0) +
              frame("\xff\xc0\x80") + frame(R"({"set":"\ud800","share":1})") + frame(R"({"freeze":true})"));
  EXPECT_TRUE(soon([&] { return desk_->is_frozen(); }));
  EXPECT_FALSE(desk_->is_black());
  EXPECT_TRUE(plays_on());
  EXPECT_TRUE(page()->heard("\xff\xd8\xff"));
}

TEST_F(RemoteTest, RequestsThatAreNoneAreClosedAndCounted) {
  start();
  const std::string host = "Host: localhost\r\n";
  const std::string many(20000, 'x');
  std::string headers;
  for (int i = 0; i < 3000; ++i) headers += fmt::format("X{}: y\r\n", i);
  const std::pair<const char*, std::string> broken[] = {
      {"a long path", "GET /" + many + " HTTP/1.1\r\n" + host + "\r\n"},
      {"a long header", "GET / HTTP/1.1\r\n" + host + "Cookie: " + many + "\r\n\r\n"},
      {"many headers", "GET / HTTP/1.1\r\n" + headers + host + "\r\n"},
      {"a long host", "GET / HTTP/1.1\r\nHost: " + many + "\r\n\r\n"},
      {"no host", "GET / HTTP/1.1\r\n\r\n"},
      {"two hosts", "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n"},
      {"no method that there is", "BREW / HTTP/1.1\r\n" + host + "\r\n"},
      {"another protocol", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + many},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"zeros", std::string(500, '\0')},
      {"a socket without its key", "GET / HTTP/1.1\r\n" + host +
                                       "Origin: http://localhost\r\nUpgrade: websocket\r\n"
                                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"},
      {"a socket of another age", "GET / HTTP/1.1\r\n" + host +
                                      "Origin: http://localhost\r\nUpgrade: websocket\r\n"
                                      "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                      "Sec-WebSocket-Version: 99\r\n\r\n"},
      {"a body without end", "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999\r\n\r\n" + many},
  };
  std::vector<std::unique_ptr<RemoteLine>> lines;
  for (const auto& [what, bytes] : broken) {
    lines.push_back(std::make_unique<RemoteLine>(port_));
    lines.back()->send(bytes);
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_TRUE(lines[i]->closes(milliseconds(12000))) << broken[i].first;
    EXPECT_EQ(lines[i]->hear("").find("Reverie"), std::string::npos) << broken[i].first;
    EXPECT_EQ(lines[i]->hear("").find(" 101 "), std::string::npos) << broken[i].first;
  }
  const auto counted = [&] { return remote_->counts().refused + remote_->counts().silent; };
  EXPECT_TRUE(soon([&] { return counted() >= std::size(broken) / 2; })) << counted();
  EXPECT_TRUE(plays_on());
  EXPECT_TRUE(page()->heard("\xff\xd8\xff"));
}

TEST_F(RemoteTest, HalfRequestsGiveTheirPlacesBack) {
  start();
  const auto first = page();
  std::vector<std::unique_ptr<RemoteLine>> half;
  for (int i = 1; i < Remote::kMostConnections; ++i) {
    half.push_back(std::make_unique<RemoteLine>(port_));
    const std::string whole = upgrade(port_, own_origin(port_), "");
    half.back()->send(
        whole.substr(0, static_cast<size_t>(i - 1) * (whole.size() - 2) / Remote::kMostConnections));
  }
  EXPECT_TRUE(RemoteLine(port_).closes(milliseconds(1000))) << "all places are taken";
  const uint64_t before = remote_->counts().silent;
  // some send on, a byte at a time, and win nothing by it
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < milliseconds(9000) &&
         remote_->counts().silent - before < half.size()) {
    for (size_t i = 0; i < half.size(); i += 3) half[i]->send("x");
    first->send(frame("", 10));  // still here
    std::this_thread::sleep_for(milliseconds(200));
  }
  EXPECT_EQ(remote_->counts().silent - before, half.size());
  EXPECT_TRUE(page()->heard("\"parts\":"));
  first->send(frame(R"({"black":true})"));
  EXPECT_TRUE(soon([&] { return desk_->is_black(); })) << "who was there first plays on";
}

// All of it at once, for some seconds, beside the same set without a page.
TEST_F(RemoteTest, NoFrameIsDroppedInAStorm) {
  request_.fps = 20;
  start("271828");
  LiveRequest other = request_;
  other.session.clear();
  LiveSet twin(other);
  const auto phone = page("271828");
  EXPECT_TRUE(phone->heard("\xff\xd8\xff"));
  const int64_t skipped = set_->status().skipped, twin_skipped = twin.status().skipped;
  const int64_t frames = set_->status().frames;

  std::atomic<bool> over{false};
  std::atomic<int> sent{0};
  const auto storm = [&](unsigned seed) {
    std::mt19937 random(seed);
    const std::string get = fmt::format("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", port_);
    const std::string open = upgrade(port_, own_origin(port_), "");
    const std::string pair = frame(R"({"pair":"271828"})");
    const std::string turns = frame(R"({"set":"feedback.zoom","share":0.5})") + frame(R"({"tap":true})") +
                              frame(R"({"freeze":false})", 1, false) + frame("", 9) + frame("", 0) +
                              frame(R"({"reset":"feedback.zoom"})");
    std::vector<std::unique_ptr<RemoteLine>> held;
    for (; !over; ++sent) {
      auto line = std::make_unique<RemoteLine>(port_);
      std::string bytes;
      switch (random() % 5) {
        case 0:
          bytes = mutated(get, random);
          break;
        case 1:
          bytes = mutated(open + turns, random);
          break;
        case 2:
          bytes = open + mutated(turns, random);
          break;
        case 3:
          bytes = upgrade(port_, "http://evil.example", "");
          break;
        default:
          bytes = open + pair + mutated(turns, random);
          break;
      }
      for (size_t at = 0, n = 0; at < bytes.size(); at += n) {  // in pieces
        n = 1 + random() % 200;
        line->send(bytes.substr(at, n));
      }
      if (random() % 4 == 0) line->hear("\1", milliseconds(5));
      if (random() % 3 == 0) held.push_back(std::move(line));  // stay open, whatever they are in
      if (held.size() > 12) held.erase(held.begin() + static_cast<ptrdiff_t>(random() % held.size()));
      std::this_thread::sleep_for(milliseconds(2));
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 3; ++seed) threads.emplace_back(storm, seed);
  int pictures = 0;
  for (const auto end = steady_clock::now() + milliseconds(5000); steady_clock::now() < end;) {
    phone->forget();
    phone->send(frame("", 10));  // still here
    pictures += phone->heard("\xff\xd8\xff") ? 1 : 0;
  }
  over = true;
  for (std::thread& t : threads) t.join();

  const int64_t lost = set_->status().skipped - skipped, twin_lost = twin.status().skipped - twin_skipped;
  const RemoteCounts counts = remote_->counts();
  fmt::print(
      "{} connections, {} let in, {} refused, {} silent, {} malformed; {} of {} frames dropped, {} by the "
      "twin; {} pictures\n",
      sent.load(), counts.connections, counts.refused, counts.silent, counts.malformed, lost,
      set_->status().frames - frames, twin_lost, pictures);
  EXPECT_GT(sent, 200);
  EXPECT_GT(counts.refused, 20U);
  EXPECT_GT(counts.malformed, 20U);
  EXPECT_LE(lost, twin_lost + 5);
  EXPECT_GT(pictures, 10) << "who was there first is served";
  EXPECT_TRUE(plays_on());
  phone->send(frame(R"({"set":"feedback.zoom","share":0.125})"));
  EXPECT_TRUE(soon([&] { return std::abs(desk_->share("zoom") - 0.125) < 1e-6; }));
  std::unique_ptr<RemoteLine> late;
  EXPECT_TRUE(soon([&] {
    late = std::make_unique<RemoteLine>(port_);
    late->send(upgrade(port_, own_origin(port_), ""));
    return late->hear("101 Switching", milliseconds(500)).find("101 Switching") != std::string::npos;
  }));
  late->send(frame(R"({"pair":"271828"})"));
  EXPECT_TRUE(late->heard("\"feedback.zoom\":[0.125")) << "and who comes later, too";
}

}  // namespace
}  // namespace reverie
