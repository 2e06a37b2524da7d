#include "feedback/kernels/vulkan/flow.h"

#include <algorithm>
#include <cmath>

namespace reverie::vulkan {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

int groups_of(int n, int each) {
  return (n + each - 1) / each;
}

enum FlowMode : int32_t { kAcross, kDown, kEnlarge, kScale };

constexpr int kMostRadius = 3 * 64;  // of the blur: advect_smooth is at most 64
constexpr int kChunk = 4096;         // samples that one workgroup adds up

}  // namespace

CardFlow::CardFlow(std::shared_ptr<Card> card, LevelSizes sizes)
    : card_(std::move(card)), sizes_(std::move(sizes)) {}

void CardFlow::follow(const Transition& t, const Buffer* level, Commands& commands) {
  if (t.velocity != nullptr) {
    load(*t.velocity, upload_velocity_, velocity_, commands);
  } else if (t.stream.flows()) {
    make(t, *level, commands);
  }
  if (t.input_flow != nullptr) load(*t.input_flow, upload_of_input_, of_input_, commands);
}

void CardFlow::load(const Planes& flow, std::unique_ptr<Buffer>& staging, std::unique_ptr<Buffer>& to,
                    Commands& commands) {
  const size_t samples = flow.data().size();
  const size_t bytes = (samples + 1) * sizeof(float);  // and the scale
  if (!staging) staging = std::make_unique<Buffer>(card_, bytes, Buffer::Kind::kUpload);
  if (!to) to = std::make_unique<Buffer>(card_, bytes);
  std::copy(flow.data().begin(), flow.data().end(), staging->host<float>());
  staging->host<float>()[samples] = 1;
  commands.copy(*staging, *to, bytes);
}

// As gaussian_blur() in feedback/flow.cc.  The radius.
int CardFlow::blur_weights(float smooth) {
  if (!weights_)
    weights_ = std::make_unique<Buffer>(card_, (2 * kMostRadius + 1) * sizeof(float), Buffer::Kind::kUpload);
  const int radius = std::min(static_cast<int>(std::ceil(3 * smooth)), kMostRadius);
  float* weight = weights_->host<float>();
  float sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weight[i + radius] = radius == 0 ? 1 : std::exp(-0.5F * static_cast<float>(i * i) / (smooth * smooth));
    sum += weight[i + radius];
  }
  for (int i = 0; i <= 2 * radius; ++i) weight[i] /= sum;
  return radius;
}

void CardFlow::make(const Transition& t, const Buffer& level, Commands& commands) {
  const int height = sizes_.height[z(t.stream.level)];
  const int width = sizes_.width[z(t.stream.level)];
  const size_t small = sizeof(float) * z(height) * z(width);
  const size_t full = z(sizes_.height[0]) * z(sizes_.width[0]);
  const int chunks = groups_of(sizes_.height[0] * sizes_.width[0], kChunk);
  const auto need = [&](std::unique_ptr<Buffer>& buffer, size_t bytes) {
    if (!buffer || buffer->bytes() < bytes) buffer = std::make_unique<Buffer>(card_, bytes);
  };
  need(across_, small);
  need(psi_, small);
  need(velocity_, (2 * full + 1) * sizeof(float));
  need(sums_, 4 * sizeof(float) * z(chunks));
  const Program& program = card_->program(Shader::kFlow);

  Job job;
  job.border = static_cast<int32_t>(t.border == Border::kWrap ? Border::kWrap : Border::kClamp);
  job.height = height;
  job.width = width;
  job.terms = blur_weights(t.stream.smooth);
  const auto run = [&](int32_t mode, const Buffer& from, const Buffer& to, double flops) {
    job.mode = mode;
    Bound bound{};
    bound[0] = bound[3] = weights_.get();
    bound[2] = &from;
    bound[4] = &to;
    bound[5] = sums_.get();
    commands.barrier();
    commands.dispatch(program, job, bound, {groups_of(job.width, kWide), groups_of(job.height, kHigh), 1},
                      {"flow", static_cast<double>(from.bytes() + to.bytes()), flops, 0});
  };
  const double taps = 2.0 * (2 * job.terms + 1) * height * width;
  job.at = t.stream.channel * height * width;
  run(kAcross, level, *across_, taps);
  job.at = 0;
  run(kDown, *across_, *psi_, taps);
  job.in_height = height;
  job.in_width = width;
  job.height = sizes_.height[0];
  job.width = sizes_.width[0];
  run(kEnlarge, *psi_, *velocity_, 80.0 * static_cast<double>(full));

  job.chunk = kChunk;
  job.chunks = chunks;
  job.channels = 2;
  Bound bound{};
  bound[0] = bound[2] = velocity_.get();
  bound[4] = sums_.get();
  commands.barrier();
  commands.dispatch(card_->program(Shader::kSums), job, bound, {chunks, 1, 2},
                    {"flow", 8.0 * static_cast<double>(full), 6.0 * static_cast<double>(full), 0});
  job.mode = kScale;
  bound[3] = weights_.get();
  bound[4] = velocity_.get();
  bound[5] = sums_.get();
  commands.barrier();
  commands.dispatch(program, job, bound, {1, 1, 1}, {"flow", 16.0 * chunks, 0, 0});
}

size_t CardFlow::bytes() const {
  size_t sum = 0;
  for (const auto* b :
       {&velocity_, &of_input_, &upload_velocity_, &upload_of_input_, &weights_, &across_, &psi_, &sums_})
    sum += *b ? (*b)->bytes() : 0;
  return sum;
}

}  // namespace reverie::vulkan
