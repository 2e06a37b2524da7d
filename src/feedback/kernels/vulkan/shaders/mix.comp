// u = gain * (sum of the terms, blurred) + bias + noise, and h' = mix(squash(u), kept, tblur).
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "fields.glsl"

layout(local_size_x = 32, local_size_y = 4) in;
layout(std430, set = 0, binding = 2) readonly buffer Self { float self[]; };
layout(std430, set = 0, binding = 3) readonly buffer Encoding { float encoding[]; };
layout(std430, set = 0, binding = 4) buffer Out { float to[]; };
layout(std430, set = 0, binding = 5) readonly buffer Decoding { float decoding[]; };
layout(std430, set = 0, binding = 6) readonly buffer Input { float fed[]; };
layout(std430, set = 0, binding = 7) readonly buffer Kept { float kept[]; };
layout(std430, set = 0, binding = 8) readonly buffer Home { float home[]; };

const int kOfSelf = 1, kOfEncoding = 2, kOfDecoding = 4, kOfInput = 8, kOfSum = 16;
const int kAll = 0, kMixOnly = 1, kSquashOnly = 2;
const int kSine = 1, kRound = 2, kFold = 3, kClip = 4;

int centre, up, down, left, right;  // where the sample and its neighbours are; negative: nowhere

#define K(x, sblur) \
  blurred(x[centre], left < 0 ? 0.0 : x[left], right < 0 ? 0.0 : x[right], up < 0 ? 0.0 : x[up], down < 0 ? 0.0 : x[down], sblur)

float blurred(float v, float l, float r, float u, float d, float sblur) {
  precise float b = (4.0 * v + l + r + u + d) / 8.0;
  precise float k = v + sblur * (b - v);
  return k;
}

uvec2 add64(uvec2 a, uvec2 b) {
  uint carry;
  uint low = uaddCarry(a.x, b.x, carry);
  return uvec2(low, a.y + b.y + carry);
}

uvec2 times64(uvec2 a, uvec2 b) {
  uint high, low;
  umulExtended(a.x, b.x, high, low);
  return uvec2(low, high + a.x * b.y + a.y * b.x);
}

uvec2 shifted_xor(uvec2 v, uint by) {  // v ^ (v >> by), by < 32
  return uvec2(v.x ^ (v.x >> by | v.y << (32u - by)), v.y ^ v.y >> by);
}

// SplitMix64's finalizer, as core/random.h.
uvec2 mix_bits(uvec2 v) {
  v = add64(v, uvec2(0x7f4a7c15u, 0x9e3779b9u));
  v = times64(shifted_xor(v, 30u), uvec2(0x1ce4e5b9u, 0xbf58476du));
  v = times64(shifted_xor(v, 27u), uvec2(0x133111ebu, 0x94d049bbu));
  return shifted_xor(v, 31u);
}

float drawn(int channel, uint i) {
  uvec2 key = stream[levels[job.level].draws + channel];
  uvec2 bits = mix_bits(add64(key, times64(uvec2(i, 0u), uvec2(0x7f4a7c15u, 0x9e3779b9u))));
  return float(int(bits.y)) * 4.656612873077393e-10;
}

float squash(float u) {
  int how = levels[job.level].squash;
  if (how == kTanh) return quick_tanh(u);
  if (how == kSine) return sine_cosine(u).x;
  if (how == kRound) {
    precise float v = u - 2.0 * floor((u + 1.0) / 2.0);
    return v;
  }
  if (how == kFold) {
    precise float v = u + 1.0 - 4.0 * floor((u + 1.0) / 4.0);
    return v < 2.0 ? v - 1.0 : 3.0 - v;
  }
  if (how == kClip) return clamp(u, -1.0, 1.0);
  return u / (u * u + 0.25);
}

float mixed(int y, int x, int channel) {
  int plane = channel * job.height * job.width;
  int row = plane + y * job.width;
  int above = border_index(y - 1, job.height, job.border);
  int below = border_index(y + 1, job.height, job.border);
  int before = border_index(x - 1, job.width, job.border);
  int after = border_index(x + 1, job.width, job.border);
  centre = row + x;
  up = above < 0 ? -1 : plane + above * job.width + x;
  down = below < 0 ? -1 : plane + below * job.width + x;
  left = before < 0 ? -1 : row + before;
  right = after < 0 ? -1 : row + after;
  float sblur = field_at(kSblur, y, x);
  precise float sum = 0.0;
  if ((job.terms & kOfSelf) != 0) sum += field_at(kSelfShare, y, x) * K(self, sblur);
  if ((job.terms & kOfSum) != 0) sum += K(encoding, sblur);
  if ((job.terms & kOfEncoding) != 0) sum += field_at(kEncodeShare, y, x) * K(encoding, sblur);
  if ((job.terms & kOfDecoding) != 0) sum += field_at(kDecodeShare, y, x) * K(decoding, sblur);
  if ((job.terms & kOfInput) != 0) sum += field_at(kInputShare, y, x) * fed[centre];
  precise float u = field_at(kGain, y, x) * sum + field_at(kBias, y, x);
  if (levels[job.level].field[kNoise].map < 0 && levels[job.level].field[kNoise].value == 0.0) return u;
  precise float noisy = u + field_at(kNoise, y, x) * drawn(channel, uint(y * job.width + x));
  return noisy;
}

void main() {
  int x = int(gl_GlobalInvocationID.x);
  int row = int(gl_GlobalInvocationID.y);
  if (x >= job.width || row >= job.rows) return;
  int y = job.first + row;
  int channel = int(gl_GlobalInvocationID.z);
  int at = (channel * job.height + y) * job.width + x;
  float u;
  if (job.mode == kSquashOnly) {
    precise float centred = home[job.home] * (to[at] - home[job.home + 1 + channel]);
    u = centred;
  } else {
    u = mixed(y, x, channel);
  }
  if (job.mode != kMixOnly) {
    float keep = clamp(field_at(kTblur, y, x), 0.0, 1.0);
    precise float v = (1.0 - keep) * squash(u) + keep * kept[at];
    u = v;
  }
  to[at] = u;
}
