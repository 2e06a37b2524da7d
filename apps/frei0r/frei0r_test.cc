// The plug-in from outside: loaded as a host does, and through ffmpeg beside the same render.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <set>

#include "command.h"

extern "C" {
#include <frei0r.h>  // has no word of C++
}

namespace reverie {
namespace {

// The built plug-in as its hosts see it.
struct Plugin {
  Plugin() : file(dlopen(REVERIE_PLUGIN, RTLD_NOW | RTLD_LOCAL)) {
    if (!file) throw std::runtime_error(dlerror());
    take("f0r_init", init);
    take("f0r_get_plugin_info", get_info);
    take("f0r_get_param_info", get_param_info);
    take("f0r_construct", construct);
    take("f0r_destruct", destruct);
    take("f0r_set_param_value", set_value);
    take("f0r_get_param_value", get_value);
    take("f0r_update", update);
    init();
    f0r_plugin_info_t info;
    get_info(&info);
    for (int i = 0; i < info.num_params; ++i) {
      f0r_param_info_t p;
      get_param_info(&p, i);
      names.emplace_back(p.name);
      types.push_back(p.type);
    }
  }
  template <class F>
  void take(const char* name, F*& function) {
    function = reinterpret_cast<F*>(dlsym(file, name));
    if (!function) throw std::runtime_error(name);
  }
  int number(const std::string& name) const {
    const auto it = std::find(names.begin(), names.end(), name);
    return it == names.end() ? -1 : static_cast<int>(it - names.begin());
  }

  void* file;
  decltype(f0r_init)* init = nullptr;
  decltype(f0r_get_plugin_info)* get_info = nullptr;
  decltype(f0r_get_param_info)* get_param_info = nullptr;
  decltype(f0r_construct)* construct = nullptr;
  decltype(f0r_destruct)* destruct = nullptr;
  decltype(f0r_set_param_value)* set_value = nullptr;
  decltype(f0r_get_param_value)* get_value = nullptr;
  decltype(f0r_update)* update = nullptr;
  std::vector<std::string> names;
  std::vector<int> types;
};

const Plugin& plugin() {
  static const Plugin loaded;  // as in a host, for as long as the process lives
  return loaded;
}

using Pixels = std::vector<uint32_t>;

// An effect in a host.
class Hosted {
 public:
  Hosted(int width, int height, const std::string& preset = "")
      : instance_(plugin().construct(static_cast<unsigned>(width), static_cast<unsigned>(height))),
        in_(static_cast<size_t>(width * height)) {
    for (size_t i = 0; i < in_.size(); ++i)
      in_[i] = 0xff000000U | static_cast<uint32_t>(i * 2654435761U >> 8U);
    if (!preset.empty()) set("preset", preset);
  }
  ~Hosted() { plugin().destruct(instance_); }
  Hosted(const Hosted&) = delete;
  Hosted& operator=(const Hosted&) = delete;

  void set(const std::string& name, const std::string& text) {
    f0r_param_string value = const_cast<char*>(text.c_str());
    plugin().set_value(instance_, &value, plugin().number(name));
  }
  void set(const std::string& name, double share) {
    plugin().set_value(instance_, &share, plugin().number(name));
  }
  double share(const std::string& name) const {
    double value = -1;
    plugin().get_value(instance_, &value, plugin().number(name));
    return value;
  }
  // As hosts do that store all values in their project.
  void set_all_as_shown() {
    for (size_t i = 0; i < plugin().names.size(); ++i) {
      if (plugin().types[i] == F0R_PARAM_STRING) continue;
      set(plugin().names[i], share(plugin().names[i]));
    }
  }

  const Pixels& in() const { return in_; }
  Pixels frame(double time) {
    Pixels out(in_.size());
    plugin().update(instance_, time, in_.data(), out.data());
    return out;
  }
  Pixels frames(int count) {
    Pixels last;
    for (int i = 0; i < count; ++i) last = frame(i / 30.0);
    return last;
  }

 private:
  f0r_instance_t instance_;
  Pixels in_;
};

TEST(Frei0r, DeclaresTheTableOfParameters) {
  const std::vector<std::string>& names = plugin().names;
  ASSERT_GT(names.size(), 50U);
  EXPECT_EQ(names[0], "preset");
  EXPECT_EQ(names[1], "seed");
  EXPECT_EQ(names[2], "set");
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_GE(plugin().number("feedback.zoom"), 0);
  EXPECT_GE(plugin().number("grade.brightness"), 0);
  EXPECT_EQ(plugin().number("dream.side"), -1) << "it needs LibTorch";
  const Hosted host(16, 16);
  for (size_t i = 0; i < names.size(); ++i) {
    if (plugin().types[i] == F0R_PARAM_STRING) continue;
    EXPECT_GE(host.share(names[i]), 0) << names[i];
    EXPECT_LE(host.share(names[i]), 1) << names[i];
  }
}

TEST(Frei0r, EveryInstancePlaysForItself) {
  const Pixels alone = Hosted(64, 48, "veil").frames(4);
  Hosted a(64, 48, "veil"), b(40, 72, "woodcut"), c(64, 48, "veil");
  c.set("seed", std::string("7"));
  Pixels of_a, of_c;
  for (int i = 0; i < 4; ++i) {
    of_a = a.frame(i / 30.0);
    b.frame(i / 30.0);
    of_c = c.frame(i / 30.0);
  }
  EXPECT_EQ(of_a, alone);
  EXPECT_NE(of_c, alone);
}

TEST(Frei0r, AKnobActsOnceItIsMoved) {
  const Pixels usual = Hosted(64, 48, "ukiyo").frames(3);
  Hosted stored(64, 48, "ukiyo");
  stored.set_all_as_shown();
  EXPECT_EQ(stored.frames(3), usual);
  Hosted moved(64, 48, "ukiyo");
  moved.set("feedback.zoom", 0.9);
  EXPECT_NE(moved.frames(3), usual);
  Hosted told(64, 48, "ukiyo");
  told.set("set", std::string("zoom=1.04"));
  EXPECT_NE(told.frames(3), usual);
}

TEST(Frei0r, AMovedKnobOfARunningProcessTurnsIt) {
  Hosted a(64, 48, "ukiyo"), b(64, 48, "ukiyo");
  EXPECT_EQ(a.frames(3), b.frames(3));
  b.set("feedback.rotate", 0.8);
  EXPECT_NE(a.frame(3 / 30.0), b.frame(3 / 30.0));
  b.set("feedback.rotate", 1e300);
  b.set("feedback.rotate", std::nan(""));
  b.frame(4 / 30.0);
}

TEST(Frei0r, BackInTimeIsFromTheBeginning) {
  Hosted host(64, 48, "ukiyo");
  const Pixels once = host.frames(3);
  EXPECT_EQ(host.frames(3), once);
}

TEST(Frei0r, WhatCannotBePlayedIsSaidOnceAndPassesThrough) {
  ::testing::internal::CaptureStderr();
  Hosted host(32, 32, "ukio");
  EXPECT_EQ(host.frames(3), host.in());
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("there is no preset 'ukio', did you mean 'ukiyo'?"), std::string::npos) << said;
  EXPECT_EQ(said.find("there is no preset"), said.rfind("there is no preset"));
  host.set("preset", std::string("ukiyo"));
  EXPECT_NE(host.frame(0.2), host.in());
  for (const auto& [name, text, why] : {std::tuple("preset", "dream", "LibTorch"),
                                        {"seed", "many", "a seed is a whole number, not 'many'"},
                                        {"set", "zoom", "'zoom' is not NAME=VALUE"},
                                        {"set", "zooom=1", "zoom"}}) {
    ::testing::internal::CaptureStderr();
    Hosted bad(32, 32, "ukiyo");
    bad.set(name, std::string(text));
    EXPECT_EQ(bad.frame(0), bad.in()) << text;
    const std::string line = ::testing::internal::GetCapturedStderr();
    EXPECT_NE(line.find(why), std::string::npos) << line;
  }
}

TEST(Frei0r, NonsenseOfAHostIsSurvived) {
  EXPECT_EQ(plugin().construct(0, 10), nullptr);
  EXPECT_EQ(plugin().construct(10, 1U << 30U), nullptr);
  f0r_param_info_t info{};
  plugin().get_param_info(&info, -1);
  plugin().get_param_info(&info, 1 << 20);
  double value = 0;
  f0r_instance_t one = plugin().construct(1, 1);
  ASSERT_NE(one, nullptr);
  plugin().set_value(one, &value, -1);
  plugin().set_value(one, nullptr, 0);
  f0r_param_string none = nullptr;
  plugin().set_value(one, &none, 0);
  const uint32_t in = 0xff102030U;
  uint32_t out = 0;
  plugin().update(one, 0, &in, &out);
  plugin().update(one, std::nan(""), &in, &out);
  plugin().update(one, 0, nullptr, &out);
  plugin().destruct(one);
}

// As FFmpeg 7 does between asking for its parameters and using it.
TEST(Frei0r, IsLoadedAgainAfterItWasUnloaded) {
  for (int i = 0; i < 2; ++i) {
    void* file = dlopen(REVERIE_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    ASSERT_TRUE(file) << dlerror();
    EXPECT_EQ(dlclose(file), 0);
  }
}

// Through ffmpeg the same frames come, to the last bit, as from a render of the same pictures.
TEST(Frei0r, FfmpegShowsWhatARenderMakes) {
  if (shell("ffmpeg -v error -filters | grep -w frei0r").status != 0) GTEST_SKIP() << "no ffmpeg with frei0r";
  const TestFolder folder("frei0r");
  ASSERT_EQ(shell(fmt::format("'{}' render video-feedback --size 96x64 --frames 8 -q -o '{}/in/%05d.png'",
                              REVERIE_COMMAND, folder.path().string()))
                .status,
            0);
  const std::string host = fmt::format("FREI0R_PATH='{}' ffmpeg -v error -y ",
                                       std::filesystem::path(REVERIE_PLUGIN).parent_path().string());
  for (const auto& [filter, render] :
       {std::pair("reverie:ukiyo", "ukiyo"),
        {"reverie:veil", "veil"},
        {"reverie:wake|5", "wake --seed 5"},
        {"reverie:painter+grade|2|zoom=1.02 grade.brightness=0.1",
         "painter grade --seed 2 --set zoom=1.02 --set grade.brightness=0.1"}}) {
    const Outcome made =
        shell(fmt::format("'{}' render {} --input '{}/in/%05d.png' -q -o '{}'", REVERIE_COMMAND, render,
                          folder.path().string(), folder.file("render.mkv")));
    ASSERT_EQ(made.status, 0) << made.err;
    const Outcome hosted = shell(
        host + fmt::format("-framerate 30 -i '{}/in/%05d.png' -vf 'frei0r={}' -pix_fmt bgr0 -c:v ffv1 '{}'",
                           folder.path().string(), filter, folder.file("host.mkv")));
    ASSERT_EQ(hosted.status, 0) << hosted.err;
    EXPECT_EQ(hosted.err, "");
    const auto bytes = [&](const char* file) {
      return shell(fmt::format(
                       "ffmpeg -v error -i '{}' -f framemd5 -pix_fmt rgb24 - | grep -v '^#' | cut -d, -f6",
                       folder.file(file)))
          .out;
    };
    EXPECT_EQ(bytes("host.mkv"), bytes("render.mkv")) << filter;
    EXPECT_EQ(split(bytes("host.mkv"), '\n').size(), 9U);
  }
}

}  // namespace
}  // namespace reverie
