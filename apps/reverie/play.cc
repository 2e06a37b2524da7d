// reverie play: the instrument.
#include <fmt/format.h>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "checks.h"
#include "command_line.h"
#include "core/error.h"
#include "core/folders.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/stop.h"
#include "core/text.h"
#include "feedback/kernels/kernel.h"
#include "feedback/kernels/spared_kernel.h"
#include "kiosk.h"
#include "lab.h"
#include "play/follow.h"
#include "play/look.h"
#include "play/show.h"
#include "play/unsaved.h"
#include "play/window.h"
#include "preset_options.h"
#include "verbs.h"

namespace reverie {
namespace {

constexpr std::chrono::milliseconds kBetween(20);  // of the loop without a window
constexpr std::chrono::seconds kKeepEvery(1);
constexpr int kMostBeatsPerBar = 64;
constexpr int kTrimEvery = 10, kRefusalEvery = 3;  // times as long

struct Options {
  std::vector<std::string> presets;
  std::string input, size = "640x360", fps = "30", seconds, session, fit = "crop", deinterlace = "auto",
                     kernel = "auto";
  std::string folder = "out", panels = "over", screen = "1280x720", sound, follow, setlist;
  std::string input_start, input_loop, input_b;
  std::optional<double> input_speed;
  double input_fade = 0;
  std::vector<std::string> also, set;
  std::optional<uint64_t> seed;
  double tempo = kDefaultTempo, sound_gain = 0, scale = 0;
  int threads = 0, display = 0;
  OscSettings osc;
  std::optional<int> remote_port, link;
  RemoteSettings remote;
  bool artnet = false;
  ArtNetSettings artnet_settings;
  bool no_osc = false, no_midi = false;
  bool no_window = false, full_screen = false, listen = false, no_session = false, keep_input = false,
       check = false, quiet = false, recover = false, kiosk = false;
};

// --NAME, which stands for --NAME=NUMBER.
CLI::Option* add_numbered_flag(CLI::App& app, const std::string& name, int number, std::optional<int>& to,
                               const std::string& help) {
  CLI::Option* option = app.add_flag(fmt::format("{}{{{}}}", name, number), to, help);
  to.reset();  // CLI11 begins with 0
  return option;
}

void add_set_options(CLI::App& app, Options& o) {
  app.add_option(
         "preset", o.presets,
         "name or file of a preset, or of several as a chain: each sees the picture of the one before; "
         "default first-light, with --input veil")
      ->type_name("PRESET");
  app.add_option("-i,--input", o.input,
                 "picture, folder, video, GIF, URL, camera:0, screen:, pipewire:, test:NAME")
      ->type_name("SRC");
  app.add_option("--input-speed", o.input_speed, "of a video or folder that comes in, 0 to 4; default 1")
      ->check(finite_range(0, kMostInputSpeed))
      ->needs("--input");
  app.add_option("--input-start", o.input_start, "where it begins")->type_name("TIME")->needs("--input");
  app.add_option("--input-loop", o.input_loop,
                 "the range of it that is repeated, as 12.5-20 or 1:30-2:00; either end may be left out")
      ->type_name("TIME-TIME")
      ->needs("--input");
  app.add_option("--input-b", o.input_b, "a second input, which the input fader leads to")->type_name("SRC");
  app.add_option("--input-fade", o.input_fade, "where the fader is: 0 (the first input) to 1 (the second)")
      ->check(finite_range(0, 1))
      ->needs("--input-b");
  app.add_option("--size", o.size,
                 "size of the engine's frames, independent of the window's; default 640x360")
      ->type_name("WxH");
  app.add_option("--fps", o.fps, "frames per second of the engine; default 30")->type_name("N");
  app.add_option("--seconds", o.seconds, "end the set after this time")->type_name("TIME");
  app.add_option("--fit", o.fit, "how an input of another shape fits; default crop")
      ->check(CLI::IsMember(fit_words()));
  app.add_option("--deinterlace", o.deinterlace,
                 "auto: what the input says is interlaced (the default); on: everything; off: as stored")
      ->check(CLI::IsMember(deinterlace_words()));
  app.add_option("--seed", o.seed, "seed of all random draws; default: a new one each time")
      ->check(whole_number(UINT64_MAX));
  app.add_option("--threads", o.threads, "0: one per core")->check(CLI::Range(0, kMostThreads));
  app.add_option("--kernel", o.kernel, "what computes the transition; default auto")->type_name("NAME");
  app.add_option("--set", o.set,
                 "a parameter's value to begin with: zoom=1.02, or feedback-2.zoom=1.02 of that part")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag(
      "--check", o.check,
      "check every step's picture (finite, in range), and every 30th frame against the reference kernel");
}

void add_options(CLI::App& app, Options& o) {
  add_set_options(app, o);
  app.add_option("--also", o.also,
                 "also write the pictures: FILE.mp4, FILE.mkv (lossless), pipewire: (a camera for other "
                 "programs), v4l2:/dev/video9, a stream")
      ->type_name("OUT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  auto* session =
      app.add_option("--session", o.session,
                     "record everything that happens in this file, for `reverie render --session`; default "
                     "a new one in ~/.local/state/reverie/sessions")
          ->type_name("FILE");
  auto* keep_input = app.add_flag("--keep-input", o.keep_input,
                                  "store the camera's pictures in SESSION.input.mkv and what is heard in "
                                  "SESSION.sound.mka (lossless), so that the session can be rendered again");
  app.add_flag("--no-session", o.no_session, "write no session file")
      ->excludes(session)
      ->excludes(keep_input);
  app.add_option(
         "--follow", o.follow,
         "play the weights of this training as it learns: each new checkpoint fades in; copies of them "
         "are kept beside the session")
      ->type_name("RUN");
  app.add_option("--folder", o.folder, "where snapshots and recordings go; default out")->type_name("DIR");
  app.add_option("--setlist", o.setlist,
                 "the presets of an evening in their order, with fades and comments; default one's own, "
                 "~/.config/reverie/setlist.toml")
      ->type_name("FILE");
  app.add_flag("--recover", o.recover, "play what an earlier set left unsaved")->excludes("preset");
  app.add_flag("--listen", o.listen, "follow the default sound input");
  app.add_option("--sound", o.sound, "follow this sound input: its name or part of it")->type_name("DEVICE");
  app.add_option("--sound-gain", o.sound_gain, "decibels, -40 to 40; default 0")
      ->check(finite_range(kLeastGain, kMostGain));
  app.add_option("--tempo", o.tempo, "BPM until a clock or a tap sets another; default 120")
      ->check(finite_range(kSlowestTempo, kFastestTempo));
  add_numbered_flag(
      app, "--link", 4, o.link,
      "join Ableton Link: its tempo, beat, start and stop, with 4 beats per bar or as --link=BEATS")
      ->check(CLI::Range(1, kMostBeatsPerBar));
  app.add_option("--osc-port", o.osc.port, "port for incoming OSC; default 6666")
      ->check(CLI::Range(0, 65535));
  app.add_option("--osc-echo-port", o.osc.echo_port,
                 "port to which values are sent back; default 6667, 0: off")
      ->check(CLI::Range(0, 65535));
  app.add_option("--osc-host", o.osc.host,
                 "the interface to receive OSC on; default 127.0.0.1, 0.0.0.0 for all")
      ->type_name("ADDRESS");
  auto* remote =
      add_numbered_flag(app, "--remote", RemoteSettings().port, o.remote_port,
                        "a page for the phone, on port 8666 or as --remote=PORT: the picture, presets, knobs")
          ->check(CLI::Range(0, 65535));
  app.add_option("--remote-host", o.remote.host,
                 "the interface of the page; default 127.0.0.1, 0.0.0.0 for all: then a code is asked for")
      ->type_name("ADDRESS")
      ->needs(remote);
  app.add_option("--remote-code", o.remote.code, "the code; default a new one each time")
      ->type_name("CODE")
      ->needs(remote);
  app.add_flag(
      "--artnet", o.artnet,
      "follow a lighting console: Art-Net on port 6454, channels as in ~/.config/reverie/artnet.toml");
  app.add_option("--artnet-host", o.artnet_settings.host,
                 "the interface to receive Art-Net on; default 127.0.0.1, 0.0.0.0 for all")
      ->type_name("ADDRESS")
      ->needs("--artnet");
  app.add_option("--artnet-map", o.artnet_settings.map, "another file of channels")
      ->type_name("FILE")
      ->needs("--artnet");
  app.add_flag("--no-osc", o.no_osc, "disable OSC");
  app.add_flag("--no-midi", o.no_midi, "disable MIDI");
  auto* headless = app.add_flag("--no-window", o.no_window, "no window: for a machine without a display");
  app.add_flag("--full-screen", o.full_screen, "start in full screen")->excludes(headless);
  app.add_flag("--kiosk", o.kiosk,
               "full screen, no keys but Ctrl+Alt+Q held for two seconds, and again after any failure")
      ->excludes(headless)
      ->excludes("--session");
  app.add_option("--display", o.display, "the display for the window, 0 is the first")
      ->check(CLI::Range(0, 63));
  app.add_option("--panels", o.panels,
                 "panels over the picture, beside it, in a separate window, or hidden (Tab shows them)")
      ->check(CLI::IsMember({"over", "beside", "window", "hidden"}));
  app.add_option("--scale", o.scale, "size of the panels, 0.5 to 6; default as the display is set")
      ->check(finite_range(kSmallestScale, kLargestScale));
  app.add_option("--window", o.screen, "size of the window; default 1280x720")->type_name("WxH");
  app.add_flag("-q,--quiet", o.quiet, "print less");
}

// Nobody asked for it: if it cannot be written, the show continues without it.
std::string new_session() {
  if (state_folder().empty()) return "";
  const std::filesystem::path folder = state_folder() / "sessions";
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  const int denied = code ? code.value() : ::access(folder.c_str(), W_OK) == 0 ? 0 : errno;
  if (denied != 0) {
    warning(fmt::format("no session is recorded: {}: {}", folder.string(), std::strerror(denied)));
    return "";
  }
  return (folder / (timestamp() + fmt::format("-{}.session", std::random_device()() % 10000))).string();
}

std::string newest_unsaved() {
  const auto left = left_unsaved(unsaved_folder());
  if (left.empty()) throw Error("no earlier set left anything unsaved");
  return left.front().string();
}

std::optional<PlayInput> play_input_of(const Options& o) {
  PlayInput how;
  how.speed = o.input_speed;
  const auto time = [](const std::string& option, const std::string& word) {
    return InputTime{InputTime::Kind::kSeconds, parse_time(option, word, 0)};
  };
  if (!o.input_start.empty()) how.seek = time("--input-start", o.input_start);
  if (o.input_loop.empty()) return how.speed || how.seek ? std::optional(how) : std::nullopt;
  const std::vector<std::string> ends = split(o.input_loop, '-');
  if (ends.size() != 2 || (ends[0].empty() && ends[1].empty())) {
    throw UsageError(fmt::format(
        "--input-loop takes two times, such as 12.5-20, 1:30-2:00 or 12.5- (to the end), not '{}'",
        o.input_loop));
  }
  if (!ends[0].empty()) how.from = time("--input-loop", ends[0]);
  if (!ends[1].empty()) how.to = time("--input-loop", ends[1]);
  if (how.to && how.to->at <= (how.from ? how.from->at : 0))
    throw UsageError(fmt::format("--input-loop must end after it begins, not '{}'", o.input_loop));
  return how;
}

ShowRequest request_of(const Options& o) {
  const std::vector<std::string> presets = o.recover ? std::vector{newest_unsaved()} : o.presets;
  LiveRequest set{chain_to_play(presets, !o.input.empty() || !o.input_b.empty()), o.input};
  need_programs(set.chain);
  apply_sets(o.set, set.chain);
  set.play_input = play_input_of(o);
  set.input_b = o.input_b;
  set.input_fade = o.input_fade;
  std::tie(set.width, set.height) = parse_size(o.size);
  set.fps = parse_rate(o.fps);
  set.seed = o.seed ? *o.seed : std::random_device()();
  set.threads = o.threads;
  set.kernel = find_kernel(o.kernel).name;
  want_spare_kernels();
  set.fit = fit_of(o.fit);
  set.deinterlace = deinterlace_of(o.deinterlace);
  set.session = o.no_session ? "" : o.session.empty() ? new_session() : o.session;
  set.also = o.also;
  std::vector<std::string> taken = files_of(set.chain);
  taken.insert(taken.end(), {set.input, set.input_b, set.session});
  for (size_t i = 0; i < o.also.size(); ++i) {
    refuse_overwriting(o.also[i], taken);
    for (size_t other = 0; other < i; ++other) {
      if (std::filesystem::path(o.also[i]).lexically_normal() ==
          std::filesystem::path(o.also[other]).lexically_normal())
        throw UsageError(fmt::format("{} is written twice: use different names", o.also[i]));
    }
  }
  set.check = o.check;
  set.keep_input = o.keep_input;
  if (o.keep_input && set.session.empty())
    throw UsageError(
        "--keep-input stores the input next to the session, but there is none: give --session FILE");
  if (!o.seconds.empty()) set.seconds = parse_time("--seconds", o.seconds, 0.001);
  ShowRequest r;
  r.set = std::move(set);
  r.folder = o.folder;
  if (!o.setlist.empty()) {
    read_setlist(o.setlist);  // Error before anything begins
    r.setlist = o.setlist;
  }
  r.tempo = o.tempo;
  r.link = o.link;
  r.sound_gain = o.sound_gain;
  if (!o.no_osc) r.osc = o.osc;
  if (o.artnet) r.artnet = o.artnet_settings;
  if (o.remote_port) {
    r.remote = o.remote;
    r.remote->port = std::max(0, *o.remote_port);  // CLI11 takes the 0 of a flag for "no", which is -1
  }
  r.midi = !o.no_midi;
  if (o.listen || !o.sound.empty()) r.sound = o.sound;
  return r;
}

WindowOptions window_of(const Options& o) {
  WindowOptions w;
  std::tie(w.width, w.height) = parse_size(o.screen);
  w.full_screen = o.full_screen || o.kiosk;
  w.kiosk = o.kiosk;
  w.display = o.display;
  w.scale = static_cast<float>(o.scale);
  w.panels = o.panels == "over"     ? PanelPlace::kOver
             : o.panels == "beside" ? PanelPlace::kBeside
             : o.panels == "window" ? PanelPlace::kWindow
                                    : PanelPlace::kHidden;
  return w;
}

// What an earlier set did not save is offered, but not forced on anybody.
void tell_of_unsaved() {
  const auto left = left_unsaved(unsaved_folder());
  if (!left.empty())
    note(fmt::format("an earlier set left a preset unsaved, {}: play --recover", left.front().string()));
}

// A folder that is gone with this, unless it is to stay.
struct CopyFolder {
  CopyFolder(const Options& o, const std::string& session)
      : stays(!session.empty()),
        path(stays ? std::filesystem::absolute(session).string() + ".weights"
                   : (std::filesystem::temp_directory_path() / fmt::format("reverie-{}-weights", ::getpid()))
                         .string()),
        used(!o.follow.empty()) {}
  ~CopyFolder() {
    std::error_code code;
    if (used && !stays) std::filesystem::remove_all(path, code);
  }
  CopyFolder(const CopyFolder&) = delete;
  CopyFolder& operator=(const CopyFolder&) = delete;

  bool stays;
  std::filesystem::path path;
  bool used;
};

int act(const Options& o) {
  if (!o.no_window) prefer_torch();  // hands may load any preset
  if (o.kiosk) come_back_after_failures();
  ShowRequest request = request_of(o);
  const std::string session = request.set.session;
  const uint64_t seed = request.set.seed;
  LiveStatus last;
  RemoteCounts remote;
  const CopyFolder copies(o, session);
  {
    Show show(std::move(request));
    std::optional<RunFollower> follower;
    if (!o.follow.empty()) follower.emplace(o.follow, copies.path, show.desk());
    if (!o.recover) tell_of_unsaved();
    auto kept = std::chrono::steady_clock::now();
    int seconds = 0;
    std::string last_refusal;
    const auto between = [&] {
      if (std::chrono::steady_clock::now() - kept < kKeepEvery) return;
      kept = std::chrono::steady_clock::now();
      show.keep_unsaved();
      if (follower) {
        show.try_to([&] {
          if (follower->look()) show.say(fmt::format("weights {} of {}", follower->models(), o.follow));
        });
      }
      if (++seconds % kTrimEvery == 0) Show::give_back_memory();
      if (o.no_window && !o.quiet && seconds % kRefusalEvery == 0 && show.osc()) {
        const std::string refused = show.osc()->last_refusal();
        if (refused != last_refusal) note("OSC: " + refused);
        last_refusal = refused;
      }
      if (o.no_window && !o.quiet && stderr_is_terminal()) {
        const LiveStatus s = show.set().status();
        status_line(fmt::format("play: frame {}, {:.0f} fps, {:.1f} ms (99%: {:.1f}), {} dropped", s.frames,
                                s.fps, s.median_ms, s.p99_ms, s.skipped));
      }
    };
    if (o.no_window) {
      while (!show.set().over() && !show.quit_wished() && !stop_requested()) {
        between();
        std::this_thread::sleep_for(kBetween);
      }
    } else {
      Panels panels(show);
      run_window(show, panels, window_of(o), between);
    }
    show.keep_unsaved();
    show.set().stop();
    show.set().wait();
    last = show.set().status();
    if (show.remote()) remote = show.remote()->counts();
  }
  status_line("");
  if (o.remote_port)
    note(fmt::format("the page: {} connections, {} refused, {} without a request, {} malformed messages",
                     remote.connections, remote.refused, remote.silent, remote.malformed));
  note(fmt::format(
      "played {} frames in {:.1f} s, seed {}, {} dropped; {:.1f} ms of work per frame (99%: {:.1f}), {:.1f} "
      "ms between frames (99%: {:.1f}){}",
      last.frames, last.seconds, seed, last.skipped, last.work.percentile(0.5), last.work.percentile(0.99),
      last.between.percentile(0.5), last.between.percentile(0.99),
      session.empty() ? "" : "; session " + session));
  if (last.output_failed) return 1;
  return stop_requested() ? 130 : 0;
}

}  // namespace

Action add_play(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_options(app, *options);
  return [options] { return act(*options); };
}

}  // namespace reverie
