#include "core/processes.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/error.h"
#include "core/text.h"

namespace reverie {
namespace {

constexpr int kMostProcesses = 65536;
constexpr int kUsualPort = 29500;

std::optional<int> variable(const char* name, int low, int high) {
  const char* text = std::getenv(name);
  if (!text || !*text) return {};
  const std::optional<double> value = to_number(text);
  if (!value || *value != std::floor(*value) || *value < low || *value > high)
    throw Error("join the other processes", fmt::format("{}={}", name, text),
                fmt::format("it must be {} to {}", low, high));
  return static_cast<int>(*value);
}

}  // namespace

ProcessRank process_rank() {
  const char* const names[][2] = {{"RANK", "WORLD_SIZE"},
                                  {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                  {"PMI_RANK", "PMI_SIZE"},
                                  {"SLURM_PROCID", "SLURM_NTASKS"}};
  for (const auto& [rank_name, size_name] : names) {
    const auto size = variable(size_name, 1, kMostProcesses);
    const auto rank = variable(rank_name, 0, kMostProcesses - 1);
    if (!size || !rank) continue;
    if (*rank >= *size)
      throw Error("join the other processes", fmt::format("{}={}", rank_name, *rank),
                  fmt::format("there are only {} ({})", *size, size_name));
    return {*rank, *size};
  }
  return {};
}

MeetingPoint meeting_point() {
  const char* named = std::getenv("MASTER_ADDR");
  return {named ? named : "127.0.0.1", variable("MASTER_PORT", 1, 65535).value_or(kUsualPort)};
}

}  // namespace reverie
