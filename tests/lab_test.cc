// Tests the training lab from outside: killed, stopped, several processes.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <vector>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

// Twenty-four smooth pictures of 32x32 in two folders, as PPM, which needs no encoder.
void write_pictures(const fs::path& folder) {
  for (int i = 0; i < 24; ++i) {
    const fs::path label = folder / (i % 2 ? "waves" : "rings");
    fs::create_directories(label);
    std::ofstream out(label / (std::to_string(i) + ".ppm"), std::ios::binary);
    out << "P6\n32 32\n255\n";
    for (int p = 0; p < 32 * 32 * 3; ++p) {
      const double x = p / 3 % 32 - 16;
      const double y = p / 96 - 16;
      const double phase = i % 2 ? 0.2 * (x + i * y / 12) : 0.4 * std::hypot(x, y);
      out.put(static_cast<char>(128 + 90 * std::sin(phase + 0.5 * i + p % 3)));
    }
  }
}

constexpr const char* kRecipe = R"(about = "small"
[hourglass]
channels = [8, 12]
decode_kernel = [4, 2]
[input]
corrupt = 0.05
flip = true
[[stage]]
batch = 8
iterations = ITERATIONS
rate = 0.002
[[stage]]
solver = "adam"
batch = 8
iterations = 40
)";

class Lab : public testing::Test {
 protected:
  void SetUp() override {
    write_pictures(folder_.path() / "pictures");
    write_recipe(200);
    run("reverie data import pictures -o set.tfrecord --test-fraction 0.2");
  }
  void write_recipe(int iterations) const {
    std::string text = kRecipe;
    text.replace(text.find("ITERATIONS"), 10, std::to_string(iterations));
    std::ofstream(folder_.path() / "small.toml") << text;
  }
  // The outcome of a command that must succeed.
  Outcome run(const std::string& line) const {
    Outcome o = shell(line, folder_.path());
    EXPECT_EQ(o.status, 0) << line << "\n" << o.err;
    return o;
  }
  bool same(const std::string& a, const std::string& b) const {
    return read_file(folder_.path() / a, 1U << 30U) == read_file(folder_.path() / b, 1U << 30U);
  }

  TestFolder folder_{"lab"};
};

TEST_F(Lab, KilledAtAnyMomentAndResumedEndsBitEqual) {
  run("reverie train small.toml --data set.tfrecord -o whole -q --threads 1");
  // killed repeatedly, each time a little later, until a resumed run finishes
  const std::string reverie = "'" REVERIE_COMMAND "' ";  // not through a shell: it must be what is killed
  run(reverie +
      "train small.toml --data set.tfrecord -o killed -q --threads 1 --checkpoint-every 0.02 & "
      "for i in $(seq 6000); do sleep 0.01; [ -f killed/checkpoint.safetensors ] && break; done; "
      "kill -9 $!; wait; true");
  ASSERT_TRUE(fs::exists(folder_.path() / "killed" / "checkpoint.safetensors"));
  ASSERT_FALSE(same("whole/checkpoint.safetensors", "killed/checkpoint.safetensors"));  // killed in time

  run(reverie + "train --resume killed -q --checkpoint-every 0.05 & sleep 1; kill -9 $!; wait; true");
  run("reverie train --resume killed -q");
  EXPECT_TRUE(same("whole/model.safetensors", "killed/model.safetensors"));
  EXPECT_TRUE(same("whole/checkpoint.safetensors", "killed/checkpoint.safetensors"));
}

TEST_F(Lab, ARunIsTrainedByOneAtATime) {
  write_recipe(1000000);
  const Outcome o =
      shell("'" REVERIE_COMMAND
            "' train small.toml --data set.tfrecord -o run -q --checkpoint-every 0.05 & "
            "for i in $(seq 500); do sleep 0.02; [ -f run/checkpoint.safetensors ] && break; done; "
            "reverie train --resume run -q; echo status $?; kill -9 $!; wait",
            folder_.path());
  EXPECT_NE(o.out.find("status 1"), std::string::npos);
  EXPECT_NE(o.err.find("another process"), std::string::npos) << o.err;
}

TEST_F(Lab, CtrlCWritesACheckpointAndSaysHowToGoOn) {
  write_recipe(1000000);
  const Outcome o = shell("'" REVERIE_COMMAND
                          "' train small.toml --data set.tfrecord -o run -q --checkpoint-every 1000 & "
                          "for i in $(seq 500); do sleep 0.02; ls run/events* 2>/dev/null && break; done; "
                          "sleep 1; kill -INT $!; wait $!",
                          folder_.path());
  EXPECT_TRUE(fs::exists(folder_.path() / "run" / "checkpoint.safetensors")) << o.err;
  EXPECT_NE(o.err.find("--resume run"), std::string::npos) << o.err;
  EXPECT_TRUE(fs::exists(folder_.path() / "run" / "model.safetensors"));
}

// What a model is apart from its weights goes with them.
TEST_F(Lab, EvaluateSaysTheSameAfterCaffeAndNumPy) {
  run("reverie train small.toml --data set.tfrecord -o run -q --threads 1 --set 'pool=[\"mean\", \"max\"]' "
      "--set 'activation=[\"linear\", \"tanh\"]' --set output=linear --set scale=0.008 --set rate=0.0001 "
      "--set iterations=60");
  const auto evaluate = [&](const std::string& model) {
    return run("reverie evaluate " + model + " --data set.tfrecord").out;
  };
  const auto figures = [&](const std::string& out) { return out.substr(out.find("psnr")); };
  run("cp run/model.safetensors m.safetensors");
  const std::string before = figures(evaluate("m.safetensors"));
  Outcome o =
      run("reverie convert m.safetensors -o c.caffemodel && reverie convert c.caffemodel -o c.safetensors");
  EXPECT_NE(o.err.find("c.prototxt, c.toml, c-mean.binaryproto"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("with c.prototxt, which lies beside it"), std::string::npos) << o.err;
  EXPECT_EQ(figures(evaluate("c.safetensors")), before);
  run("reverie convert m.safetensors -o npy && reverie convert npy -o n.safetensors && ls npy/recipe.toml");
  EXPECT_EQ(figures(evaluate("n.safetensors")), before);
  // the recipes are recipes
  run("reverie train c.toml --data set.tfrecord -o again -q --set iterations=2 --set batch=4");
  // without the net it is said, and can be given
  o = run("mv c.prototxt elsewhere.prototxt; reverie convert c.caffemodel -o b.safetensors");
  EXPECT_NE(o.err.find("c.caffemodel does not say its pool_size, pool, activation, output, scale, mean"),
            std::string::npos)
      << o.err;
  EXPECT_NE(figures(evaluate("b.safetensors")), before);
  o =
      run("reverie convert c.caffemodel -o s.safetensors --set pool_size=2 --set pool=mean,max --set "
          "activation=linear,tanh --set output=linear --set scale=0.008 --set mean=training");
  EXPECT_EQ(o.err.find("does not say"), std::string::npos) << o.err;
  EXPECT_EQ(figures(evaluate("s.safetensors")), before);  // the mean is that of the same pictures
  // a file of someone else is not replaced
  o = shell("echo 'name: \"mine\"' >c.prototxt; reverie convert m.safetensors -o c.caffemodel",
            folder_.path());
  EXPECT_EQ(o.status, 1);
  EXPECT_NE(o.err.find("c.prototxt: it already exists"), std::string::npos) << o.err;
}

TEST_F(Lab, TwoProcessesTrainLikeOne) {
  run("reverie train small.toml --data set.tfrecord -o one -q --threads 1");
  run("export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + $$ % 20000)); "
      "RANK=1 reverie train small.toml --data set.tfrecord -o two -q --threads 1 & "
      "RANK=0 reverie train small.toml --data set.tfrecord -o two -q --threads 1 && wait $!");
  const auto errors = [&](const std::string& model) {
    const Outcome o = run("reverie evaluate " + model + " --data set.tfrecord");
    return to_number(trim(o.out.substr(o.out.find("l2_error1") + 9, 10)).substr(0, 7)).value_or(-1);
  };
  const double one = errors("one");
  EXPECT_GT(one, 0);
  EXPECT_NEAR(errors("two"), one, 1e-3 * one);
}

TEST_F(Lab, WaitingForOthersSaysForWhomAndEndsWithinASecond) {
  for (const char* rank : {"0", "1"}) {
    for (const char* signal : {"INT", "TERM"}) {
      const Outcome o = shell(
          std::string("rm -f said; export WORLD_SIZE=2 MASTER_PORT=$((20000 + $$ % 20000)) RANK=") + rank +
              "\n'" REVERIE_COMMAND
              "' train small.toml --data set.tfrecord -o run 2>said &\n"
              "for i in $(seq 1000); do grep -q waits said && break; sleep 0.02; done\n"
              "begin=$(date +%s%N); kill -" +
              signal +
              " $!; wait $!; echo status $?\n"
              "[ $(($(date +%s%N) - begin)) -lt 1000000000 ] && echo soon\ncat said",
          folder_.path());
      const std::string whom = rank[0] == '0' ? "process 0 of 2 waits for process 1 at 127.0.0.1:"
                                              : "process 1 of 2 waits for process 0 at 127.0.0.1:";
      EXPECT_TRUE(o.out.starts_with("status 130\nsoon\n" + whom)) << o.out;
      EXPECT_NE(o.out.find("stopped while"), std::string::npos) << o.out;
    }
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "run"));
}

// What LibTorch was loaded with, whichever program was started.
TEST_F(Lab, ItsThreadsSleepUnlessToldOtherwise) {
  write_recipe(1000000);
  const auto policy = [&](const std::string& program) {
    return run(program +
               " train small.toml --data set.tfrecord -q -o run &\n"
               "for i in $(seq 1000); do sleep 0.02; [ -d run ] && break; done\n"
               "tr '\\0' '\\n' </proc/$!/environ | grep -E '^(OMP_WAIT|GOMP_SPIN)'; kill -9 $!; rm -r run")
        .out;
  };
  const std::string reverie = "env -u OMP_WAIT_POLICY '" REVERIE_COMMAND;
  EXPECT_EQ(policy(reverie + "'"), "OMP_WAIT_POLICY=passive\n");
  EXPECT_EQ(policy(reverie + "-lab'"), "OMP_WAIT_POLICY=passive\n");
  EXPECT_EQ(policy("OMP_WAIT_POLICY=active '" REVERIE_COMMAND "-lab'"), "OMP_WAIT_POLICY=active\n");
  EXPECT_EQ(policy("GOMP_SPINCOUNT=1000 " + reverie + "'"), "GOMP_SPINCOUNT=1000\n");
}

// libgomp's threads must not spin while they wait: one other process then takes most of the speed.
TEST_F(Lab, ABusyCoreCostsItsShareOnly) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  cpu_set_t two;
  CPU_ZERO(&two);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&two) < 2; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &two);
  }
  if (CPU_COUNT(&two) < 2) GTEST_SKIP() << "there is only one core";
  sched_setaffinity(0, sizeof(two), &two);  // what the test starts stays on these two
  write_recipe(600);
  const auto seconds = [&](const std::string& name, bool busy) {
    const auto begin = std::chrono::steady_clock::now();
    run(std::string(busy ? "timeout 100 sh -c 'while :; do :; done' & loop=$!\n" : "loop=\n") +
        "reverie train small.toml --data set.tfrecord -q --threads 2 -o " + name +
        "; status=$?\n[ -z $loop ] || kill $loop\nexit $status");
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  // in turn, so that what else the machine does slows both; threads that spin are slow every time
  double least = INFINITY;
  for (int i = 0; i < 3; ++i) {
    const double alone = seconds("alone" + std::to_string(i), false);
    const double beside = seconds("beside" + std::to_string(i), true);
    least = std::min(least, beside / alone);
    GTEST_LOG_(INFO) << alone << " s alone, " << beside << " s beside a busy loop";
  }
  EXPECT_LT(least, 2.5);
  sched_setaffinity(0, sizeof(allowed), &allowed);
}

// From pictures to answers; the sums of two processes are those of one in a classifier too.
TEST_F(Lab, AClassifierAnswers) {
  std::ofstream(folder_.path() / "kinds.toml") << R"(about = "kinds"
[classifier]
layers = ["conv 8", "max 2", "residual", "max"]
[input]
mean = "channel"
scale = 0.015625
[[stage]]
batch = 8
iterations = 60
rate = 0.05
nesterov = true
)";
  run("reverie train kinds.toml --data set.tfrecord -o kinds -q --threads 1 --film 20");
  EXPECT_EQ(probe_entry(folder_.file("kinds/film.mp4"), "v:0", "stream=nb_frames"), "4") << "1, 20, 40, 60";
  const Outcome figures = run("reverie evaluate kinds --data set.tfrecord --split train");
  EXPECT_NE(figures.out.find("top1 1\n"), std::string::npos) << figures.out;
  const Outcome one = run("reverie classify pictures/waves/1.ppm --model kinds");
  EXPECT_TRUE(one.out.find(" waves\n") < one.out.find(" rings\n")) << one.out;
  const Outcome two = run(
      "reverie classify pictures/waves/1.ppm pictures/rings/2.ppm --model kinds/model.safetensors --top 1");
  EXPECT_TRUE(two.out.starts_with("pictures/waves/1.ppm\n")) << two.out;
  EXPECT_TRUE(two.out.ends_with(" rings\n")) << two.out;
  // that picture is its own mirror image in part only: another share, the same label
  const Outcome both = run("reverie classify pictures/waves/1.ppm --model kinds --mirrored");
  EXPECT_NE(both.out, one.out);
  EXPECT_TRUE(both.out.find(" waves\n") < both.out.find(" rings\n")) << both.out;
  // what is made for hourglasses says so
  for (const char* line : {"reverie inspect kinds --data set.tfrecord -o sheets",
                           "reverie render --set weights=kinds/model.safetensors --frames 1 -o x.mp4"}) {
    const Outcome o = shell(line, folder_.path());
    EXPECT_EQ(o.status, 1) << line;
    EXPECT_NE(o.err.find("its family is 'classifier', not hourglass"), std::string::npos) << o.err;
  }
  const Outcome probed = run("reverie probe kinds --data set.tfrecord -q --layer pixels --layer conv1");
  EXPECT_TRUE(probed.out.starts_with("layer pixels features ")) << probed.out;
  EXPECT_NE(probed.out.find("\nlayer conv1 features "), std::string::npos) << probed.out;
  EXPECT_NE(shell("reverie probe kinds --data set.tfrecord --layer conv9", folder_.path()).err.find("conv9"),
            std::string::npos);
  run("reverie train small.toml --data set.tfrecord -o small -q --set iterations=1");
  const Outcome other = shell("reverie classify pictures/waves/1.ppm --model small", folder_.path());
  EXPECT_NE(other.err.find("its family is 'hourglass', not classifier"), std::string::npos) << other.err;
}

TEST_F(Lab, MistakesAreOneLine) {
  const auto error = [&](const std::string& line, int status) {
    const Outcome o = shell(line, folder_.path());
    EXPECT_EQ(o.status, status) << line << o.err;
    EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
    return o.err;
  };
  EXPECT_NE(error("reverie train", 2).find("a recipe is missing"), std::string::npos);
  EXPECT_NE(error("reverie train small.toml", 2).find("--data SET is missing"), std::string::npos);
  EXPECT_NE(error("reverie train hourglas-00 --data set.tfrecord", 1).find("hourglass-00"),
            std::string::npos);
  EXPECT_NE(error("reverie train small.toml --data none.tfrecord", 1).find("none.tfrecord"),
            std::string::npos);
  EXPECT_NE(error("reverie train small.toml --data set.tfrecord --set rate=fast", 1)
                .find("'rate' must be a number"),
            std::string::npos);
  EXPECT_NE(error("reverie train small.toml --data set.tfrecord --set nonsense.rate=0.1", 1)
                .find("no table 'nonsense'"),
            std::string::npos);
  EXPECT_NE(error("reverie train small.toml --data pictures", 1)
                .find("it is a folder, not a record set (make one of it: reverie data import pictures -o "),
            std::string::npos);
  EXPECT_NE(error("reverie train --resume nothing", 1).find("nothing/run.toml"), std::string::npos);
  EXPECT_NE(error("reverie evaluate set.tfrecord --data set.tfrecord", 1).find("set.tfrecord"),
            std::string::npos);
  EXPECT_NE(error("RANK=3 WORLD_SIZE=2 reverie train small.toml --data set.tfrecord -o x", 1)
                .find("there are only 2"),
            std::string::npos);
}

}  // namespace
}  // namespace reverie
