// reverie model fetch, list: networks that others published.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "core/error.h"
#include "core/folders.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/text.h"
#include "media/download.h"
#include "verbs.h"
#include "weights/published_networks.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMegabyte = 1'000'000;

struct Words {
  std::string name, from, output;
  bool quiet = false;
};

const PublishedNetwork& network_named(const std::string& name) {
  const auto& all = published_networks();
  const auto it = std::find_if(all.begin(), all.end(), [&](const auto& n) { return n.name == name; });
  if (it != all.end()) return *it;
  std::vector<std::string> names;
  for (const PublishedNetwork& network : all) names.push_back(network.name);
  throw Error("fetch", name, "no network of that name is known" + did_you_mean(name, names),
              "`reverie model list` says which are");
}

fs::path folder_for(const Words& w) {
  const fs::path folder = w.output.empty() ? fetched_folder() : fs::path(w.output);
  if (folder.empty()) throw Error("fetch", w.name, "this system has no home folder", "name a folder with -o");
  return folder;
}

std::string address_of(const PublishedFile& file, const std::string& from) {
  if (from.empty()) return file.address;
  return from + (from.ends_with('/') ? "" : "/") + file.address.substr(file.address.rfind('/') + 1);
}

void fetch_file(const PublishedFile& file, const fs::path& to, const Words& w) {
  const std::string address = address_of(file, w.from);
  std::optional<Progress> progress;
  const auto told = [&](uint64_t done, uint64_t whole) {
    if (!progress) {
      const auto total = whole > 0 ? std::optional<int64_t>(whole / kMegabyte + 1) : std::nullopt;
      progress.emplace("fetch " + file.name, "MB", total, w.quiet);
    }
    progress->update(static_cast<int64_t>(done / kMegabyte));
  };
  try {
    download({address, to, file.hash, file.digits}, told);
  } catch (const Error& e) {
    throw Error(fmt::format("{}; to fetch it in another way: download {} and save it as {}", e.what(),
                            address, to.string()));
  }
}

int fetch(const Words& w) {
  const PublishedNetwork& network = network_named(w.name);
  const fs::path folder = folder_for(w);
  note(fmt::format("{}: {:g} MB, licence: {}", network.name, network.megabytes, network.licence));
  try {
    for (const PublishedFile& file : network.files) {
      const fs::path to = folder / file.name;
      if (fs::exists(to)) {
        note(fmt::format("{}: it is there already", to.string()));
        continue;
      }
      fetch_file(file, to, w);
      fmt::print("{}\n", to.string());
      std::fflush(stdout);
    }
  } catch (const Stopped&) {
    note("stopped; the same command goes on from here");
    return 130;
  }
  return 0;
}

int list() {
  for (const PublishedNetwork& network : published_networks()) {
    const bool here = !find_fetched(network.files[0].name).empty();
    fmt::print("{:<15} {:>4g} MB  {:<8} {}; {}\n", network.name, network.megabytes, here ? "fetched" : "",
               network.help, network.licence);
  }
  return 0;
}

}  // namespace

Action add_model(CLI::App& app) {
  auto w = std::make_shared<Words>();
  CLI::App* fetching = app.add_subcommand("fetch", "get a published network from its own address");
  fetching->add_option("NAME", w->name, "as `reverie model list` names it")->required();
  fetching->add_option("--from", w->from, "a mirror: the address of a folder with the files")
      ->type_name("URL");
  fetching
      ->add_option("-o,--output", w->output,
                   "the folder; default ~/.local/share/reverie/models, where --model finds it by its name")
      ->type_name("DIR");
  fetching->add_flag("-q,--quiet", w->quiet, "no progress");
  const CLI::App* listing = app.add_subcommand("list", "say which there are, and which were fetched");
  app.require_subcommand(1);
  return [w, listing] { return listing->parsed() ? list() : fetch(*w); };
}

}  // namespace reverie
