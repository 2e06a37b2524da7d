// Sum and sum of squares of each chunk of each channel of u.  In a fixed order: every invocation adds its own
// samples, then pairs are added.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 128) in;
layout(std430, set = 0, binding = 2) readonly buffer In { float from[]; };
layout(std430, set = 0, binding = 4) writeonly buffer Out { vec2 sums[]; };  // [channel][chunk]

shared vec2 part[128];

void main() {
  int mine = int(gl_LocalInvocationID.x);
  int chunk = int(gl_WorkGroupID.x);
  int channel = int(gl_WorkGroupID.z);
  int size = job.height * job.width;
  int end = min((chunk + 1) * job.chunk, size);
  vec2 sum = vec2(0);
  for (int i = chunk * job.chunk + mine; i < end; i += 128) {
    float v = from[channel * size + i];
    precise vec2 next = sum + vec2(v, v * v);
    sum = next;
  }
  part[mine] = sum;
  for (int half_way = 64; half_way > 0; half_way /= 2) {
    barrier();
    if (mine < half_way) part[mine] += part[mine + half_way];
  }
  if (mine == 0) sums[job.at + channel * job.chunks + chunk] = part[0];
}
