// With another program in the session, in a network of their own.  Skipped where Link is not built in.
#include "link/link_session.h"

#include <gtest/gtest.h>

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <thread>
#include <vector>

#include "core/test_help.h"

namespace reverie {
namespace {

TEST(NoLink, SaysHowToGetIt) {
  if (link_is_built_in()) GTEST_SKIP() << "Link is built in";
  EXPECT_NE(message_of([] { LinkSession(120, 4); }).find("-DREVERIE_LINK=ON"), std::string::npos);
}

#ifdef REVERIE_LINK_PEER

double micros() {  // of Link's clock
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}

// How far apart in a bar of four, in beats.
double apart(double a, double b) {
  return std::abs(std::remainder(a - b, 4));
}

struct Told {
  double micros = 0, tempo = 0, phase = 0;
  int peers = 0, playing = 0;
};

struct Seen {
  double micros = 0;
  LinkBeat link;
};

class Peer {
 public:
  explicit Peer(const std::string& words)
      : pipe_(::popen((std::string("'" REVERIE_LINK_PEER "' ") + words).c_str(), "r")) {}
  ~Peer() { told(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Waits until it has ended.
  std::vector<Told> told() {
    std::vector<Told> all;
    if (!pipe_) return all;
    Told t;
    while (std::fscanf(pipe_, "%lf %d %lf %lf %d", &t.micros, &t.peers, &t.tempo, &t.phase, &t.playing) == 5)
      all.push_back(t);
    ::pclose(pipe_);
    pipe_ = nullptr;
    return all;
  }

 private:
  std::FILE* pipe_;
};

class LinkTest : public testing::Test {
 protected:
  // Nobody else's session: a network with a loopback and nothing more.
  static void SetUpTestSuite() {
    alone_ = ::unshare(::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) == 0;
    const int s = ::socket(AF_INET, SOCK_DGRAM, 0);
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    loopback.ifr_flags = IFF_UP | IFF_RUNNING;
    alone_ = alone_ && ::ioctl(s, SIOCSIFFLAGS, &loopback) == 0;
    ::close(s);
  }
  void SetUp() override {
    if (!alone_) GTEST_SKIP() << "needs a network of its own (unshare)";
  }

  // What the session is, every 5 ms.
  static std::vector<Seen> watch(LinkSession& session, double seconds,
                                 const std::function<bool(const LinkBeat&)>& until = {}) {
    std::vector<Seen> all;
    for (const double begin = micros(); micros() - begin < seconds * 1e6;) {
      const double before = micros();
      const LinkBeat b = session.beat();
      const double after = micros();
      if (after - before < 1000) all.push_back({(before + after) / 2, b});  // else it was interrupted
      if (until && until(b)) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return all;
  }
  static bool joined(const LinkBeat& b) { return b.peers > 0; }

  static inline bool alone_ = false;
};

TEST_F(LinkTest, AJoinedSessionsTempoAndPhaseAreFollowed) {
  Peer peer("97 7 5:tempo=133");
  std::this_thread::sleep_for(std::chrono::seconds(1));
  LinkSession session(140, 4);
  ASSERT_EQ(watch(session, 4, joined).back().link.peers, 1U);
  EXPECT_NEAR(session.beat().tempo, 97, 0.01);
  const std::vector<Seen> seen = watch(session, 5, [](const LinkBeat& b) { return b.peers == 0; });
  const std::vector<Told> told = peer.told();
  ASSERT_FALSE(told.empty());
  double worst = 0;  // milliseconds
  int compared = 0, after_change = 0;
  for (const Seen& s : seen) {
    // the last that it told before, and goes on from there
    auto next = std::find_if(told.begin(), told.end(), [&](const Told& t) { return t.micros > s.micros; });
    if (next == told.begin() || next == told.end()) continue;
    const Told& t = *(next - 1);
    if (std::abs(t.tempo - s.link.tempo) > 0.01) continue;  // the change is on its way
    const double phase = t.phase + (s.micros - t.micros) * 1e-6 * t.tempo / 60;
    worst = std::max(worst, 1e3 * apart(phase, s.link.beats) * 60 / t.tempo);
    ++compared;
    after_change += t.tempo > 130;
  }
  EXPECT_GT(compared, 300);
  EXPECT_GT(after_change, 50) << "the tempo of the peer was not taken";
  EXPECT_LT(worst, 5);
  RecordProperty("worst_ms", std::to_string(worst));
}

TEST_F(LinkTest, APeerThatComesAndGoesChangesNothing) {
  LinkSession session(140, 4);
  std::vector<Seen> seen = watch(session, 1);
  Peer peer("97 2");
  const std::vector<Seen> more = watch(session, 4);
  seen.insert(seen.end(), more.begin(), more.end());
  const std::vector<Told> told = peer.told();
  ASSERT_FALSE(told.empty());
  EXPECT_NEAR(told.back().tempo, 140, 0.01) << "who comes takes the session's tempo";
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](const Seen& s) { return s.link.peers > 1; }), 0);
  EXPECT_GT(std::count_if(seen.begin(), seen.end(), [](const Seen& s) { return s.link.peers == 1; }), 50);
  EXPECT_EQ(seen.back().link.peers, 0U);
  for (const Seen& s : seen) {
    const double due = seen[0].link.beats + (s.micros - seen[0].micros) * 1e-6 * 140 / 60;
    ASSERT_NEAR(s.link.beats, due, 0.005 * 140 / 60);
  }
}

TEST_F(LinkTest, ATempoGivenHereIsThatOfEveryone) {
  Peer peer("97 3");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  LinkSession session(140, 4);
  ASSERT_EQ(watch(session, 3, joined).back().link.peers, 1U);
  const double before = session.beat().beats;
  session.place(before + 1.5);
  EXPECT_LT(apart(session.beat().beats, before), 0.2) << "bars that others share stay";
  session.set_tempo(5);
  EXPECT_EQ(session.beat().tempo, 20) << "Link knows none that is slower";
  session.set_tempo(111);
  const std::vector<Told> told = peer.told();
  ASSERT_FALSE(told.empty());
  EXPECT_NEAR(told.back().tempo, 111, 0.01);
}

TEST_F(LinkTest, StopAndStartAreFollowed) {
  LinkSession session(120, 4);
  watch(session, 1);  // of two sessions of nearly the same age either may win
  // a bar takes two seconds: the second start is half a second before one
  Peer peer("120 6 0.1:start 1.6:stop 2.5:start 5:stop");
  const std::vector<Seen> seen = watch(session, 6.5);
  const std::vector<Told> told = peer.told();
  ASSERT_FALSE(told.empty());
  const auto changed = [&](int playing, size_t from) {
    while (from < told.size() && told[from].playing != playing) ++from;
    return from;
  };
  const size_t first = changed(1, 0), stop = changed(0, first), start = changed(1, stop);
  ASSERT_LT(start, told.size());
  const double start_phase = told[start].phase;
  const double bar_at = told[start].micros + (4 - start_phase) * 0.5e6;
  double held = -1;
  for (size_t i = 1; i < seen.size(); ++i) {
    const LinkBeat& b = seen[i].link;
    if (seen[i].micros < told[stop].micros - 50e3) {
      ASSERT_FALSE(b.stopped);
      ASSERT_GT(b.beats, seen[i - 1].link.beats) << "a start changes nothing of what runs";
    } else if (seen[i].micros > told[stop].micros + 150e3 && seen[i].micros < told[start].micros - 50e3) {
      if (held < 0) held = b.beats;
      ASSERT_TRUE(b.stopped);
      ASSERT_EQ(b.beats, held);
    } else if (seen[i].micros > told[start].micros + 150e3 && seen[i].micros < bar_at + 1.5e6 &&
               seen[i].micros < told.front().micros + 4.9e6) {
      ASSERT_FALSE(b.stopped);
      const double due = std::max(0.0, (seen[i].micros - bar_at) * 1e-6 * 2);
      ASSERT_NEAR(b.beats, due, 0.01) << "it begins with the bar";
    }
  }
  EXPECT_GE(held, 0);
  EXPECT_EQ(seen.back().link.peers, 0U);
  EXPECT_FALSE(seen.back().link.stopped) << "who stopped it has gone";
  EXPECT_GT(seen.back().link.beats, seen[seen.size() - 10].link.beats);
}

#endif

}  // namespace
}  // namespace reverie
