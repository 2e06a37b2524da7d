// `reverie play --link`, in a network of its own with another program in the session.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "command.h"

namespace reverie {
namespace {

bool built_in() {
  return shell("reverie --version").out.find("REVERIE_LINK=ON") != std::string::npos;
}

TEST(LinkCommand, WithoutLinkALineSaysHowToGetIt) {
  if (built_in()) GTEST_SKIP() << "Link is built in";
  const Outcome o = shell("reverie play smoke --no-window --no-session --no-midi --no-osc --link");
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("-DREVERIE_LINK=ON"), std::string::npos) << o.err;
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  EXPECT_NE(shell("reverie doctor").out.find("Link       not built in"), std::string::npos);
}

#ifdef REVERIE_LINK_PEER

// Runs the script where nobody else is; `reverie` and `peer` are the programs.
class LinkCommandAlone : public testing::Test {
 protected:
  void SetUp() override {
    if (shell(kAlone + "true").status != 0) GTEST_SKIP() << "needs a network of its own (unshare)";
  }
  Outcome run(const std::string& script) const {
    std::ofstream(folder_.file("run.sh"))
        << "ip link set lo up\n"
           "export XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config\n"
           "reverie() { \"" REVERIE_COMMAND "\" \"$@\"; }\npeer() { \"" REVERIE_LINK_PEER "\" \"$@\"; }\n"
        << script;
    return shell(kAlone + "bash run.sh", folder_.path());
  }

  const std::string kAlone = ::geteuid() == 0 ? "unshare -n " : "unshare -rn ";
  TestFolder folder_{"link"};
};

TEST_F(LinkCommandAlone, TheSetFollowsTheSessionAndIsMadeAgain) {
  // the last tempo comes by OSC, and goes to everyone
  const Outcome o =
      run("peer 97 10 5:tempo=133 >told & sleep 0.5\n"
          "{ sleep 6.5; printf '/reverie/tempo\\0\\0,f\\0\\0\\x42\\xde\\0\\0' >/dev/udp/127.0.0.1/6666; } &\n"
          "reverie play drumhead --no-window --no-midi --size 64x48 --fps 20 --seconds 11 --seed 3 --link "
          "--session a.session --also live.mkv || exit 1\n"
          "wait; tail -1 told; reverie render --session a.session -o again.mkv -q || exit 1\n"
          "for f in live again; do ffmpeg -v error -i $f.mkv -f framemd5 - | grep -v '^#' | md5sum; done");
  ASSERT_EQ(o.status, 0) << o.err;
  const std::vector<std::string> lines = split(std::string(trim(o.out)), '\n');
  ASSERT_EQ(lines.size(), 3U) << o.out;
  EXPECT_NE(lines[0].find(" 111.000 "), std::string::npos) << lines[0];
  EXPECT_EQ(lines[1], lines[2]);

  const std::string session = read_text_file(folder_.file("a.session"), 1U << 24U);
  const std::regex heard(R"("hear":\[[^,]+,[^,]+,[^,]+,[^,]+,[^,]+,([^,]+),([^\]]+)\])");
  std::vector<double> tempos;
  double beats = -1;
  for (std::sregex_iterator it(session.begin(), session.end(), heard), end; it != end; ++it) {
    const double tempo = std::stod((*it)[1]);
    if (tempos.empty() || std::abs(tempo - tempos.back()) > 0.01) tempos.push_back(tempo);
    if (tempos.size() > 2) {
      EXPECT_GT(std::stod((*it)[2]), beats) << "beats go on";
    }
    beats = std::stod((*it)[2]);
  }
  ASSERT_GE(tempos.size(), 3U);
  EXPECT_NEAR(tempos[tempos.size() - 3], 97, 0.01);
  EXPECT_NEAR(tempos[tempos.size() - 2], 133, 0.01);
  EXPECT_NEAR(tempos[tempos.size() - 1], 111, 0.01) << "and it stays when the other has gone";
}

TEST_F(LinkCommandAlone, TheDoctorCountsPeers) {
  const Outcome o = run("reverie doctor; peer 97 8 >told & sleep 0.5; reverie doctor; kill $!");
  const size_t none = o.out.find("Link       built in, 0 peers\n");
  ASSERT_NE(none, std::string::npos) << o.out;
  EXPECT_NE(o.out.find("Link       built in, 1 peer\n", none), std::string::npos) << o.out;
}

TEST_F(LinkCommandAlone, AWrongBarIsRefused) {
  EXPECT_EQ(run("reverie play smoke --no-window --link=0").status, 2);
  EXPECT_EQ(run("reverie play smoke --no-window --link=four").status, 2);
}

#endif

}  // namespace
}  // namespace reverie
