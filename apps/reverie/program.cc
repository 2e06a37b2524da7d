// A command with verbs: finds the verb, parses its arguments, runs it, turns an error into one line and a
// status.
#include "program.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

#include "about.h"
#include "command_line.h"
#include "core/log.h"
#include "core/stop.h"
#include "lab.h"

namespace reverie {

namespace {

int run(const std::vector<Verb>& verbs, const std::string& name, int argc, char** argv) {
  CLI::App app(
      "Reverie, a neural video synthesizer: it learns features from pictures and video, and plays them back "
      "as video.");
  app.name(name);
  app.set_version_flag("--version", about());
  app.require_subcommand(0, 1);
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer("Examples:\n  reverie render\n  reverie presets\n  reverie render --help\n");
  Action action;
  for (const Verb& verb : verbs) {
    if (verb.add == nullptr && argc > 1 && verb.name == argv[1]) need_torch(verb.name);
    if (verb.add == nullptr && !REVERIE_WITH_TORCH) continue;
    CLI::App* sub = app.add_subcommand(verb.name, verb.help);
    if (verb.help.empty()) sub->group("");
    sub->footer("Examples:\n" + verb.examples);
    const Action act = verb.add != nullptr ? verb.add(*sub) : Action();
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

// `reverie help VERB` for `reverie VERB --help`.
std::vector<char*> without_help_verb(int argc, char** argv) {
  static char option[] = "--help";
  std::vector<char*> words(argv, argv + argc);
  if (argc < 2 || std::string_view(argv[1]) != "help") return words;
  words.erase(words.begin() + 1);
  words.push_back(option);
  return words;
}

// LibTorch adds where in itself it was.
std::string first_part(const std::string& what) {
  return what.substr(0, what.find("\nException raised from"));
}

// If the caller has closed stdin, stdout or stderr, the next file to be opened would get its number, and
// messages would end up in a video.
void fill_standard_files() {
#if !defined(_WIN32)
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2) fd = open("/dev/null", O_RDWR);
  if (fd > 2) close(fd);
#endif
}

// Makes sure that the output was written, or that the status says it was not.
int checked_output(int status) {
  const bool arrived = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (arrived || status != 0) return status;
  throw Error("write", "", "cannot write to standard output");
}

}  // namespace

int run_program(const std::vector<Verb>& verbs, const std::string& name, int argc, char** argv) {
  fill_standard_files();
  install_stop_handler();
  try {
    std::vector<char*> words = without_help_verb(argc, argv);
    const auto count = static_cast<int>(words.size());
    words.push_back(nullptr);
    return checked_output(run(verbs, name, count, words.data()));
  } catch (const UsageError& e) {
    note(name + ": " + e.what() + " (see --help)");
    return 2;
  } catch (const Stopped& e) {
    note(name + ": " + e.what());
    return 130;
  } catch (const std::bad_alloc&) {
    note(name + ": out of memory (choose a smaller size)");
    return 1;
  } catch (const std::exception& e) {
    note(name + ": " + first_part(e.what()));
    return 1;
  }
}

}  // namespace reverie
