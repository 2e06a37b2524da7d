// Homeostasis: the means to take away, and the level's gain, from the chunks' sums.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "fields.glsl"

layout(local_size_x = 128) in;
layout(std430, set = 0, binding = 2) readonly buffer In { vec2 sums[]; };  // [channel][chunk]
layout(std430, set = 0, binding = 4) buffer Out { float home[]; };         // gain, means [channel]

shared float part[128];

void main() {
  int mine = int(gl_LocalInvocationID.x);
  float n = float(job.height * job.width);
  float centring = levels[job.level].home_centre;
  float mean_square = 0.0;
  for (int c = mine; c < job.channels; c += 128) {
    vec2 sum = vec2(0);
    vec2 lost = vec2(0);  // what rounding took (Kahan)
    for (int i = 0; i < job.chunks; ++i) {
      precise vec2 v = sums[job.at + c * job.chunks + i] - lost;
      precise vec2 next = sum + v;
      precise vec2 rest = (next - sum) - v;
      lost = rest;
      sum = next;
    }
    float mean = sum.x / n;
    float taken = centring * mean;
    home[job.home + 1 + c] = taken;
    mean_square += (sum.y / n - 2.0 * taken * mean + taken * taken) / float(job.channels);
  }
  part[mine] = mean_square;
  for (int half_way = 64; half_way > 0; half_way /= 2) {
    barrier();
    if (mine < half_way) part[mine] += part[mine + half_way];
  }
  if (mine > 0) return;
  float gain = home[job.home];
  float rms = sqrt(max(0.0, part[0]));
  gain += levels[job.level].home_rate * (levels[job.level].home_level / (rms + 1e-3) - gain);
  home[job.home] = finite(gain) ? gain : 1.0;
}
