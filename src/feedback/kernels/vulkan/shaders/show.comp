// Moves the shown state towards the goal.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"

layout(local_size_x = 32, local_size_y = 4) in;
layout(std430, set = 0, binding = 2) readonly buffer In { float goal[]; };
layout(std430, set = 0, binding = 4) buffer Out { float shown[]; };

void main() {
  int x = int(gl_GlobalInvocationID.x);
  int y = int(gl_GlobalInvocationID.y);
  if (x >= job.width || y >= job.height) return;
  int at = (int(gl_GlobalInvocationID.z) * job.height + y) * job.width + x;
  precise float v = shown[at] + job.share * (goal[at] - shown[at]);
  shown[at] = job.share == 1.0 ? goal[at] : v;
}
