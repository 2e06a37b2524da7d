#include "feedback/kernels/vulkan/network.h"

#include <algorithm>

namespace reverie::vulkan {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

int groups_of(int n, int each) {
  return (n + each - 1) / each;
}

// [groups of kGroup channels][bias, then each input's taps][kGroup]; channels beyond the last are 0.
template <class Weight>
std::vector<float> in_groups(int out, int in, int taps, const std::vector<float>& bias,
                             const Weight& weight) {
  const int rows = 1 + in * taps;
  std::vector<float> all(z(groups_of(out, kGroup)) * z(rows) * kGroup);
  for (int o = 0; o < out; ++o) {
    float* to = all.data() + (z(o / kGroup) * z(rows)) * kGroup + z(o % kGroup);
    to[0] = bias[z(o)];
    for (int i = 0; i < in; ++i) {
      for (int t = 0; t < taps; ++t) to[z(1 + i * taps + t) * kGroup] = weight(o, i, t);
    }
  }
  return all;
}

// Places of a pooling block that are made together: they share most of what a small kernel reads.
int encode_side(int kernel, int pool) {
  return pool % 2 == 0 && kernel <= 3 ? 2 : 1;
}

int decode_side(const Layer& layer) {
  return layer.decode_kernel == layer.pool_size && layer.pool_size <= 2 ? layer.pool_size : 1;
}

}  // namespace

std::unique_ptr<Buffer> on_card(const std::shared_ptr<Card>& card, const std::vector<float>& values) {
  const size_t bytes = values.size() * sizeof(float);
  const Buffer staging(card, bytes, Buffer::Kind::kUpload);
  std::copy(values.begin(), values.end(), staging.host<float>());
  auto buffer = std::make_unique<Buffer>(card, bytes);
  Commands commands(card);
  commands.open();
  commands.copy(staging, *buffer, bytes);
  commands.finish();
  return buffer;
}

CardLayer::CardLayer(const std::shared_ptr<Card>& card, const Layer& layer)
    : card_(card),
      lower_(layer.lower),
      upper_(layer.upper),
      encode_kernel_(layer.encode_kernel),
      decode_kernel_(layer.decode_kernel),
      pool_(layer.pool_size),
      decode_side_(decode_side(layer)),
      decoder_(card->program(Shader::kDecode, {decode_kernel_, pool_, decode_side_})) {
  const int taps = encode_kernel_ * encode_kernel_;
  encode_weights_ =
      on_card(card, in_groups(upper_, lower_, taps, layer.encode_bias, [&](int o, int i, int t) {
                return layer.encode_weight[z((o * lower_ + i) * taps + t)];
              }));
  const int back = decode_kernel_ * decode_kernel_;
  decode_weights_ =
      on_card(card, in_groups(lower_, upper_, back, layer.decode_bias, [&](int o, int i, int t) {
                return layer.decode_weight[z((i * lower_ + o) * back + t)];
              }));
  encoder(encode_side(encode_kernel_, pool_));  // compiled now, rather than in the first frame
}

const Program& CardLayer::encoder(int side) const {
  return card_->program(Shader::kEncode, {encode_kernel_, pool_, side});
}

void CardLayer::encode(Commands& commands, Job job, const Buffer& in, const Buffer& out,
                       const std::string& what) {
  job.channels = upper_;
  job.in_channels = lower_;
  const bool one_place = job.pool == static_cast<int32_t>(Pool::kStride);
  const double samples = static_cast<double>(job.rows) * job.width;
  const double places = samples * (one_place ? 1 : pool_ * pool_);
  Dispatch cost;
  cost.what = what;
  cost.bytes = sizeof(float) * samples * (upper_ + static_cast<double>(lower_) * pool_ * pool_);
  cost.flops = 2 * places * lower_ * upper_ * encode_kernel_ * encode_kernel_;
  Bound bound{};
  bound[2] = &in;
  bound[0] = bound[3] = encode_weights_.get();
  bound[4] = &out;
  commands.dispatch(encoder(one_place ? 1 : encode_side(encode_kernel_, pool_)), job, bound,
                    {groups_of(job.width, kWide), groups_of(job.rows, kHigh), groups_of(upper_, kGroup)},
                    cost);
}

void CardLayer::decode(Commands& commands, Job job, const Buffer& in, const Buffer& out,
                       const std::string& what) {
  job.channels = lower_;
  job.in_channels = upper_;
  const double samples = static_cast<double>(job.rows) * job.width;
  const double reach = static_cast<double>(decode_kernel_) / pool_;
  Dispatch cost;
  cost.what = what;
  cost.bytes = sizeof(float) * samples *
               (lower_ * (job.add != 0 ? 2.0 : 1.0) + static_cast<double>(upper_) / (pool_ * pool_));
  cost.flops = 2 * samples * lower_ * upper_ * reach * reach;
  Bound bound{};
  bound[2] = &in;
  bound[0] = bound[3] = decode_weights_.get();
  bound[4] = &out;
  commands.dispatch(decoder_, job, bound,
                    {groups_of(job.width, kWide * decode_side_), groups_of(job.rows, kHigh * decode_side_),
                     groups_of(lower_, kGroup)},
                    cost);
}

}  // namespace reverie::vulkan
