// pool(act(conv(in; We, be))): each invocation makes 8 channels of one sample, from kSide x kSide places of its
// pooling block at a time, whose inputs overlap.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 32, local_size_y = 4) in;
layout(constant_id = 0) const int kKernel = 3;
layout(constant_id = 1) const int kPool = 2;
layout(constant_id = 2) const int kSide = 2;  // divides kPool
layout(std430, set = 0, binding = 2) readonly buffer In { float from[]; };
layout(std430, set = 0, binding = 3) readonly buffer Weights { vec4 weights[]; };  // [channels / 8][1 + in_channels * k * k][2]
layout(std430, set = 0, binding = 4) buffer Out { float to[]; };

const int kWindow = kSide + kKernel - 1;

vec4 sums[kSide * kSide][2];

void begin(int base) {
  [[unroll]] for (int i = 0; i < kSide * kSide; ++i) {
    sums[i][0] = weights[base];
    sums[i][1] = weights[base + 1];
  }
}

// Several places at once, unrolled: of small kernels.
void convolve_places(int top, int left, int base) {
  int xs[kWindow];
  [[unroll]] for (int j = 0; j < kWindow; ++j) xs[j] = border_index(left + j - kKernel / 2, job.in_width, job.border);
  int w = base + 2;
  for (int c = 0; c < job.in_channels; ++c) {
    int plane = c * job.in_height * job.in_width;
    [[unroll]] for (int i = 0; i < kWindow; ++i) {
      int y = border_index(top + i - kKernel / 2, job.in_height, job.border);
      int row = plane + y * job.in_width;
      [[unroll]] for (int j = 0; j < kWindow; ++j) {
        float v = y < 0 || xs[j] < 0 ? 0.0 : from[row + xs[j]];
        [[unroll]] for (int a = 0; a < kSide; ++a) {
          [[unroll]] for (int b = 0; b < kSide; ++b) {
            int ky = i - a;
            int kx = j - b;
            if (ky < 0 || ky >= kKernel || kx < 0 || kx >= kKernel) continue;
            int tap = w + 2 * (ky * kKernel + kx);
            sums[a * kSide + b][0] += weights[tap] * v;
            sums[a * kSide + b][1] += weights[tap + 1] * v;
          }
        }
      }
    }
    w += 2 * kKernel * kKernel;
  }
}

void convolve_place(int top, int left, int base) {
  int w = base + 2;
  for (int c = 0; c < job.in_channels; ++c) {
    int plane = c * job.in_height * job.in_width;
    [[dont_unroll]] for (int i = 0; i < kKernel; ++i) {
      int y = border_index(top + i - kKernel / 2, job.in_height, job.border);
      [[dont_unroll]] for (int j = 0; j < kKernel; ++j) {
        int x = border_index(left + j - kKernel / 2, job.in_width, job.border);
        float v = y < 0 || x < 0 ? 0.0 : from[plane + y * job.in_width + x];
        sums[0][0] += weights[w] * v;
        sums[0][1] += weights[w + 1] * v;
        w += 2;
      }
    }
  }
}

vec4 larger(vec4 best, vec4 v) {
  return mix(best, v, greaterThan(v, best));
}

vec4 larger_magnitude(vec4 best, vec4 v) {
  return mix(best, v, greaterThan(abs(v), abs(best)));
}

void main() {
  int x = int(gl_GlobalInvocationID.x);
  int row = int(gl_GlobalInvocationID.y);
  if (x >= job.width || row >= job.rows) return;
  int y = job.first + row;
  int group = int(gl_GlobalInvocationID.z);
  int base = group * 2 * (1 + job.in_channels * kKernel * kKernel);
  // tanh and relu keep the order, so that the largest can be found before
  bool late = job.pool == kMax;
  vec4 best[2];
  vec4 total[2] = vec4[2](vec4(0), vec4(0));
  bool begun = false;
  int blocks = job.pool == kStride ? 1 : kPool / kSide;
  for (int i = 0; i < blocks; ++i) {
    for (int j = 0; j < blocks; ++j) {
      begin(base);
      if (kSide > 1) {
        convolve_places(y * kPool + i * kSide, x * kPool + j * kSide, base);
      } else {
        convolve_place(y * kPool + i, x * kPool + j, base);
      }
      [[unroll]] for (int s = 0; s < kSide * kSide; ++s) {
        [[unroll]] for (int h = 0; h < 2; ++h) {
          vec4 v = late ? sums[s][h] : activated(sums[s][h], job.activation);
          total[h] += v;
          if (!begun && s == 0) {
            best[h] = v;
          } else if (job.pool == kMax) {
            best[h] = larger(best[h], v);
          } else if (job.pool == kMaxMagnitude) {
            best[h] = larger_magnitude(best[h], v);
          }
        }
      }
      begun = true;
    }
  }
  int size = job.height * job.width;
  int at = 8 * group * size + y * job.width + x;
  [[unroll]] for (int h = 0; h < 2; ++h) {
    vec4 v = best[h];
    if (job.pool == kMean) v = total[h] / float(kPool * kPool);
    if (late) v = activated(v, job.activation);
    v *= job.scale;
    [[unroll]] for (int c = 0; c < 4; ++c) {
      if (8 * group + 4 * h + c < job.channels) to[at + (4 * h + c) * size] = v[c];
    }
  }
}
