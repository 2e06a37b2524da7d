#include "feedback/kernels/vulkan/parameters.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>

namespace reverie::vulkan {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

struct Key {
  uint32_t low, high;
};

constexpr size_t kKeysAt = (kLevels * sizeof(LevelJob) + sizeof(Key) - 1) / sizeof(Key) * sizeof(Key);

LevelJob job_of(const Transition& t, int level, int height, int width, int shrink) {
  const LevelTransition& l = t.level[z(level)];
  constexpr float kRadians = std::numbers::pi_v<float> / 180;
  LevelJob j;
  // as warp_row() in feedback/warp.cc
  j.centre_x = t.centre_x * static_cast<float>(width) - 0.5F;
  j.centre_y = t.centre_y * static_cast<float>(height) - 0.5F;
  j.radius = 0.5F * static_cast<float>(std::min(width, height));
  j.sector = 2 * std::numbers::pi_v<float> / static_cast<float>(t.segments);
  j.turn_cosine = std::cos(l.rotate.value * kRadians);
  j.turn_sine = std::sin(l.rotate.value * kRadians);
  j.plain_turn = l.swirl.is(0) && l.rotate.picture == nullptr ? 1 : 0;
  j.mirror = static_cast<int32_t>(l.mirror);
  j.permute = l.permute;
  j.sampling = static_cast<int32_t>(t.sampling);
  j.squash = static_cast<int32_t>(l.squash);
  j.moves = l.moves() ? 1 : 0;
  j.advects = !l.advect.is(0) && (t.velocity != nullptr || t.stream.flows()) ? 1 : 0;
  j.by_flow = !l.warp_by_flow.is(0) && t.input_flow != nullptr ? 1 : 0;
  j.shrink = shrink;
  j.home_centre = l.home_centre;
  j.home_level = l.home_level;
  j.home_rate = l.home_rate;
  return j;
}

}  // namespace

CardParameters::CardParameters(std::shared_ptr<Card> card, const LevelSizes& sizes, std::vector<int> channels)
    : card_(std::move(card)),
      sizes_(sizes),
      channels_(std::move(channels)),
      staging_(card_, kKeysAt + z(std::accumulate(channels_.begin(), channels_.end(), 0)) * sizeof(Key),
               Buffer::Kind::kUpload),
      levels_(card_, staging_.bytes()),
      maps_(channels_.size()) {}

void CardParameters::set(int level, const Transition& t, const Random& noise, Commands& commands) {
  LevelJob job = job_of(t, level, sizes_.height[z(level)], sizes_.width[z(level)], sizes_.shrink[z(level)]);
  job.flow_height = sizes_.height[0];
  job.flow_width = sizes_.width[0];
  set_maps(level, t.level[z(level)], job, commands);
  set_noise(level, noise, job);
  staging_.host<LevelJob>()[level] = job;
}

void CardParameters::set_maps(int level, LevelTransition t, LevelJob& job, Commands& commands) {
  const size_t size = z(sizes_.height[z(level)]) * z(sizes_.width[z(level)]);
  Maps& maps = maps_[z(level)];
  size_t count = 0;
  bool changed = false;
  for (size_t i = 0; i < LevelTransition::kFields; ++i) {
    const Field& f = *t.fields()[i];
    job.field[i] = {f.value, f.depth, -1, 0};
    if (f.picture == nullptr) continue;
    const size_t at = size * count++;
    job.field[i].map = static_cast<int32_t>(at);
    if (maps.known.size() < at + size) maps.known.resize(at + size);
    const float* samples = f.picture->plane(0);
    if (std::memcmp(maps.known.data() + at, samples, size * sizeof(float)) == 0) continue;
    std::copy(samples, samples + size, maps.known.data() + at);
    changed = true;
  }
  const size_t bytes = maps.known.size() * sizeof(float);
  if (bytes == 0 || (!changed && maps.card && maps.card->bytes() >= bytes)) return;
  if (!maps.card || maps.card->bytes() < bytes) {
    maps.staging = std::make_unique<Buffer>(card_, bytes, Buffer::Kind::kUpload);
    maps.card = std::make_unique<Buffer>(card_, bytes);
  }
  std::copy(maps.known.begin(), maps.known.end(), maps.staging->host<float>());
  commands.copy(*maps.staging, *maps.card, bytes);
}

void CardParameters::set_noise(int level, const Random& noise, LevelJob& job) {
  job.draws = std::accumulate(channels_.begin(), channels_.begin() + level, 0);
  const auto i = static_cast<size_t>(6);  // noise among LevelTransition::fields()
  if (job.field[i].map < 0 && job.field[i].value == 0) return;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
  Key* keys = reinterpret_cast<Key*>(staging_.host<std::byte>() + kKeysAt) + job.draws;
  const Random draws = noise.split(static_cast<uint64_t>(level));
  for (int c = 0; c < channels_[z(level)]; ++c) {
    const uint64_t key = draws.split(static_cast<uint64_t>(c)).key();
    keys[c] = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32U)};
  }
}

size_t CardParameters::bytes() const {
  size_t sum = levels_.bytes() + staging_.bytes();
  for (const Maps& m : maps_) sum += m.card ? m.card->bytes() + m.staging->bytes() : 0;
  return sum;
}

}  // namespace reverie::vulkan
