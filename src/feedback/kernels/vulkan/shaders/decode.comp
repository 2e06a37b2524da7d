// act(convT(in; Wd, bd)), stride p, padding (k - p) / 2: each invocation makes 8 channels of one place of every
// p x p block that a sample of the level above becomes.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 32, local_size_y = 4) in;
layout(constant_id = 0) const int kKernel = 2;
layout(constant_id = 1) const int kPool = 2;
layout(constant_id = 2) const int kSide = 2;  // places of a block made together: all of them, or one
layout(std430, set = 0, binding = 2) readonly buffer In { float from[]; };
layout(std430, set = 0, binding = 3) readonly buffer Weights { vec4 weights[]; };  // [channels / 8][1 + in_channels * k * k][2]
layout(std430, set = 0, binding = 4) buffer Out { float to[]; };

const int kMargin = (kKernel - kPool) / 2;

vec4 sums[kSide * kSide][2];

// Where kernel and pool are equal, every place of a block reads the same sample.
void decode_blocks(int y, int x, int base) {
  int size = job.in_height * job.in_width;
  int at = y * job.in_width + x;
  int w = base + 2;
  for (int c = 0; c < job.in_channels; ++c) {
    float v = from[c * size + at];
    [[unroll]] for (int i = 0; i < kSide * kSide; ++i) {
      sums[i][0] += weights[w + 2 * i] * v;
      sums[i][1] += weights[w + 2 * i + 1] * v;
    }
    w += 2 * kKernel * kKernel;
  }
}

void decode_place(int y, int x, int base) {
  int size = job.in_height * job.in_width;
  int first_y = (y + kMargin) % kPool;
  int first_x = (x + kMargin) % kPool;
  for (int c = 0; c < job.in_channels; ++c) {
    int w = base + 2 + 2 * c * kKernel * kKernel;
    [[dont_unroll]] for (int i = first_y; i < kKernel; i += kPool) {
      // kKernel pools are added so that what is divided is not negative
      int in_y = border_index((y + kMargin - i + kPool * kKernel) / kPool - kKernel, job.in_height, job.border);
      [[dont_unroll]] for (int j = first_x; j < kKernel; j += kPool) {
        int in_x = border_index((x + kMargin - j + kPool * kKernel) / kPool - kKernel, job.in_width, job.border);
        if (in_y < 0 || in_x < 0) continue;
        float v = from[c * size + in_y * job.in_width + in_x];
        int tap = w + 2 * (i * kKernel + j);
        sums[0][0] += weights[tap] * v;
        sums[0][1] += weights[tap + 1] * v;
      }
    }
  }
}

void main() {
  int x = int(gl_GlobalInvocationID.x) * kSide;
  int row = int(gl_GlobalInvocationID.y) * kSide;
  if (x >= job.width || row >= job.rows) return;
  int y = job.first + row;
  int group = int(gl_GlobalInvocationID.z);
  int base = group * 2 * (1 + job.in_channels * kKernel * kKernel);
  [[unroll]] for (int i = 0; i < kSide * kSide; ++i) {
    sums[i][0] = weights[base];
    sums[i][1] = weights[base + 1];
  }
  if (kSide == kPool && kKernel == kPool) {
    decode_blocks(y / kPool, x / kPool, base);
  } else {
    decode_place(y, x, base);
  }
  int size = job.height * job.width;
  [[unroll]] for (int i = 0; i < kSide * kSide; ++i) {
    int at = 8 * group * size + (y + i / kSide) * job.width + x + i % kSide;
    [[unroll]] for (int h = 0; h < 2; ++h) {
      vec4 v = job.scale * activated(sums[i][h], job.activation);
      [[unroll]] for (int c = 0; c < 4; ++c) {
        if (8 * group + 4 * h + c >= job.channels) continue;
        int place = at + (4 * h + c) * size;
        to[place] = job.add != 0 ? to[place] + v[c] : v[c];
      }
    }
  }
}
