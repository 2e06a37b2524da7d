// The command `reverie`: finds the verb, reads its words, runs it, turns an error into one line and a status.
#include <CLI/CLI.hpp>
#include <cstdio>

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

#include "command_line.h"
#include "core/log.h"
#include "core/stop.h"
#include "verbs.h"

namespace reverie {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> list = {
      {"render", "make a video from a preset, frame-exact",
       "  reverie render                                   the default preset, 10 s\n"
       "  reverie render smoke -o smoke.mp4 --size 1280x720 --seconds 60\n"
       "  reverie render --input clip.mp4 -o dream.mp4     the input, played through the default input "
       "preset\n"
       "  reverie render video-feedback --set zoom=1.02 --set hue=3 --seed 7\n"
       "  reverie render --again smoke.mp4 -o same.mp4     the same once more\n"
       "  reverie render smoke -o frames/%05d.png          numbered pictures\n"
       "  reverie render smoke -o v4l2:/dev/video9         into a loopback camera\n",
       add_render},
      {"presets", "list the presets, a line each", "  reverie presets\n", add_presets},
      {"preset", "show one preset", "  reverie preset show smoke\n  reverie preset show smoke > my.toml\n",
       add_preset},
      {"parameters", "list what an effect can be told: range, default, meaning",
       "  reverie parameters\n  reverie parameters feedback zoom\n", add_parameters},
      {"info", "say what a media file, weights file or preset is",
       "  reverie info clip.mp4\n  reverie info weights.safetensors\n  reverie info presets/smoke.toml\n",
       add_info},
      {"doctor", "say what this machine offers; replay a golden",
       "  reverie doctor\n  reverie doctor --golden seed3_max_wrap.safetensors --kernel reference\n",
       add_doctor},
      {"bench", "say how fast this machine plays a preset",
       "  reverie bench\n  reverie bench smoke --size 1280x720 --threads 2\n"
       "  reverie bench --kernel cpu --size 512x512,1920x1080 --frames 100\n",
       add_bench},
  };
  return list;
}

namespace {

int run(int argc, char** argv) {
  CLI::App app(
      "Reverie, a neural video synthesizer: it learns features from pictures and video, and plays them back "
      "as "
      "moving pictures.");
  app.name("reverie");
  app.set_version_flag("--version", "reverie " REVERIE_VERSION);
  app.require_subcommand(0, 1);
  app.footer("Examples:\n  reverie render\n  reverie presets\n  reverie render --help\n");
  Action action;
  for (const Verb& verb : verbs()) {
    CLI::App* sub = app.add_subcommand(verb.name, verb.help);
    sub->footer("Examples:\n" + verb.examples);
    const Action act = verb.add(*sub);
    sub->final_callback([&action, act] { action = act; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::Error& e) {
    throw UsageError(explain(app, e));
  }
  if (action) return action();
  std::fputs(app.help().c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace reverie

namespace {

// Where the caller has closed stdin, stdout or stderr, the next file that is opened would take its number,
// and messages would land in a video.
void fill_standard_files() {
#if !defined(_WIN32)
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2) fd = open("/dev/null", O_RDWR);
  if (fd > 2) close(fd);
#endif
}

// What was printed has arrived, or the status says that it has not.
int checked_output(int status) {
  const bool arrived = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (arrived || status != 0) return status;
  throw reverie::Error("write", "", "standard output does not take it");
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_files();
  reverie::install_stop_handler();
  try {
    return checked_output(reverie::run(argc, argv));
  } catch (const reverie::UsageError& e) {
    reverie::note(std::string("reverie: ") + e.what() + " (see --help)");
    return 2;
  } catch (const std::bad_alloc&) {
    reverie::note("reverie: out of memory (choose a smaller --size)");
    return 1;
  } catch (const std::exception& e) {
    reverie::note(std::string("reverie: ") + e.what());
    return 1;
  }
}
