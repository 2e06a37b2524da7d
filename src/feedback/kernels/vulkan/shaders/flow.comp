// The flow that advects the picture (feedback/flow.h), from one channel of a level: blurred across and down,
// enlarged with cubic B-splines; its scale is written behind it.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 32, local_size_y = 4) in;
layout(std430, set = 0, binding = 2) readonly buffer In { float from[]; };
layout(std430, set = 0, binding = 3) readonly buffer Weights { float weights[]; };  // of the blur, and the middle
layout(std430, set = 0, binding = 4) buffer Out { float to[]; };
layout(std430, set = 0, binding = 5) readonly buffer Sums { vec2 sums[]; };  // [x, y][chunk]

const int kAcross = 0, kDown = 1, kEnlarge = 2, kScale = 3;

// The weights of a uniform cubic B-spline at t, and of its slope.
void spline(float t, out vec4 value, out vec4 slope) {
  float r = 1.0 - t;
  value = vec4(r * r * r, 4.0 + 3.0 * t * t * (t - 2.0), 4.0 + 3.0 * r * r * (r - 2.0), t * t * t) / 6.0;
  slope = vec4(-r * r, t * (3.0 * t - 4.0), -r * (3.0 * r - 4.0), t * t) / 2.0;
}

float blurred(int y, int x) {
  precise float sum = 0.0;
  for (int i = -job.terms; i <= job.terms; ++i) {
    int at = job.mode == kAcross ? y * job.width + border_index(x + i, job.width, job.border)
                                 : border_index(y + i, job.height, job.border) * job.width + x;
    sum += weights[i + job.terms] * from[job.at + at];
  }
  return sum;
}

vec2 enlarged(int y, int x) {
  float at_y = (float(y) + 0.5) * (float(job.in_height) / float(job.height)) - 0.5;
  float at_x = (float(x) + 0.5) * (float(job.in_width) / float(job.width)) - 0.5;
  vec4 value_y, slope_y, value_x, slope_x;
  spline(at_y - floor(at_y), value_y, slope_y);
  spline(at_x - floor(at_x), value_x, slope_x);
  vec2 v = vec2(0);
  for (int j = 0; j < 4; ++j) {
    int row = border_index(int(floor(at_y)) + j - 1, job.in_height, job.border) * job.in_width;
    vec2 across = vec2(0);
    for (int i = 0; i < 4; ++i) {
      float psi = from[row + border_index(int(floor(at_x)) + i - 1, job.in_width, job.border)];
      across += vec2(value_x[i], slope_x[i]) * psi;
    }
    v += vec2(slope_y[j] * across.x, -value_y[j] * across.y);
  }
  return v;
}

void main() {
  int x = int(gl_GlobalInvocationID.x);
  int y = int(gl_GlobalInvocationID.y);
  int size = job.height * job.width;
  if (job.mode == kScale) {
    if (x > 0 || y > 0) return;
    float sum = 0.0;
    float lost = 0.0;  // what rounding took (Kahan)
    for (int i = 0; i < 2 * job.chunks; ++i) {
      precise float v = sums[i].y - lost;
      precise float next = sum + v;
      precise float rest = (next - sum) - v;
      lost = rest;
      sum = next;
    }
    float rms = sqrt(sum / float(size));
    to[2 * size] = rms > 1e-9 ? 1.0 / rms : 0.0;
    return;
  }
  if (x >= job.width || y >= job.height) return;
  int at = y * job.width + x;
  if (job.mode != kEnlarge) {
    to[at] = blurred(y, x);
    return;
  }
  vec2 v = enlarged(y, x);
  to[at] = v.x;
  to[at + size] = v.y;
}
