// colour(warp(in)): where each sample comes from (feedback/warp.h), its value there, hue and permutation.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "fields.glsl"

layout(local_size_x = 32, local_size_y = 4) in;
layout(std430, set = 0, binding = 2) readonly buffer In { float from[]; };
layout(std430, set = 0, binding = 3) readonly buffer Velocity { float velocity[]; };  // x, y, and their scale
layout(std430, set = 0, binding = 4) writeonly buffer Out { float to[]; };
layout(std430, set = 0, binding = 5) readonly buffer InputFlow { float input_flow[]; };

const int kTriples = 4;  // of channels, by one invocation
const float kRadians = 0.01745329251994;
const int kNone = 0, kHorizontal = 1, kVertical = 2, kBoth = 3;
const int kLinear = 0, kCubic = 1;

vec2 fold(vec2 q, int mirror) {
  if (mirror == kNone) return q;
  if (mirror == kHorizontal) return vec2(-abs(q.x), q.y);
  if (mirror == kVertical) return vec2(q.x, -abs(q.y));
  if (mirror == kBoth) return -abs(q);
  float sector = levels[job.level].sector;
  float angle = angle_of(q.y, q.x);
  precise float turns = angle / sector;
  precise float folded = abs(angle - sector * sign(turns) * floor(abs(turns) + 0.5));
  return sqrt(q.x * q.x + q.y * q.y) * sine_cosine(folded).yx;
}

vec2 turn(vec2 q, float cosine, float sine) {
  precise vec2 turned = vec2(q.x * cosine - q.y * sine, q.x * sine + q.y * cosine);
  return turned;
}

vec2 flow_at(int y, int x, bool of_input) {
  int shrink = levels[job.level].shrink;
  int height = levels[job.level].flow_height;
  int width = levels[job.level].flow_width;
  int at = min(y * shrink + shrink / 2, height - 1) * width + min(x * shrink + shrink / 2, width - 1);
  if (of_input) return vec2(input_flow[at], input_flow[at + height * width]);
  return velocity[2 * height * width] * vec2(velocity[at], velocity[at + height * width]);
}

vec2 source(int y, int x) {
  vec2 centre = vec2(levels[job.level].centre_x, levels[job.level].centre_y);
  precise vec2 away = vec2(x, y) - centre;
  vec2 q = fold(away, levels[job.level].mirror);
  if (levels[job.level].plain_turn != 0) {
    q = turn(q, levels[job.level].turn_cosine, levels[job.level].turn_sine);
  } else {
    float fall = max(0.0, 1.0 - sqrt(q.x * q.x + q.y * q.y) / levels[job.level].radius);
    float degrees = field_at(kRotate, y, x) + field_at(kSwirl, y, x) * fall * fall;
    vec2 sine = sine_cosine(degrees * kRadians);
    if (degrees != 0.0) q = turn(q, sine.y, sine.x);
  }
  float zoom = max(field_at(kZoom, y, x), 0.01);
  precise vec2 p = centre + q / zoom - vec2(field_at(kShiftX, y, x), field_at(kShiftY, y, x));
  if (levels[job.level].advects != 0) {
    precise vec2 v = p - field_at(kAdvect, y, x) * flow_at(y, x, false);
    p = v;
  }
  if (levels[job.level].by_flow != 0) {
    precise vec2 v = p + field_at(kByFlow, y, x) * flow_at(y, x, true);
    p = v;
  }
  // far outside nothing changes any more
  return vec2(finite(p.x) ? clamp(p.x, -1e6, 1e6) : 0.0, finite(p.y) ? clamp(p.y, -1e6, 1e6) : 0.0);
}

// Catmull-Rom weights at t between samples 0 and 1 of -1, 0, 1, 2.
vec4 catmull_rom(float t) {
  return vec4(t * (-0.5 + t * (1.0 - 0.5 * t)), 1.0 + t * t * (-2.5 + 1.5 * t), t * (0.5 + t * (2.0 - 1.5 * t)),
              t * t * (-0.5 + 0.5 * t));
}

float fetch(int plane, int y, int x) {
  return y < 0 || x < 0 ? 0.0 : from[plane + y * job.width + x];
}

ivec4 xs, ys;  // the four samples around the source, each way
vec4 wx, wy;   // their weights

// Linear and nearest use the middle ones.
void aim(vec2 p) {
  if (levels[job.level].sampling > kCubic) p = floor(p + 0.5);
  vec2 whole = floor(p);
  precise vec2 t = p - whole;
  for (int i = 0; i < 4; ++i) {
    xs[i] = border_index(int(whole.x) + i - 1, job.width, job.border);
    ys[i] = border_index(int(whole.y) + i - 1, job.height, job.border);
  }
  wx = levels[job.level].sampling == kCubic ? catmull_rom(t.x) : vec4(0, 1.0 - t.x, t.x, 0);
  wy = levels[job.level].sampling == kCubic ? catmull_rom(t.y) : vec4(0, 1.0 - t.y, t.y, 0);
}

float sampled(int channel) {
  int plane = channel * job.height * job.width;
  if (levels[job.level].sampling > kCubic) return fetch(plane, ys[1], xs[1]);
  precise float sum = 0.0;
  int end = levels[job.level].sampling == kCubic ? 4 : 3;
  for (int j = 4 - end; j < end; ++j) {
    precise float row = 0.0;
    for (int i = 4 - end; i < end; ++i) row += wx[i] * fetch(plane, ys[j], xs[i]);
    sum += wy[j] * row;
  }
  return sum;
}

// About the grey axis: Rodrigues' rotation.
vec3 turn_hue(vec3 v, float degrees) {
  vec2 sine = sine_cosine(degrees * kRadians);
  float mean = (v.x + v.y + v.z) / 3.0;
  return mean + sine.y * (v - mean) + sine.x * 0.57735026919 * (v.zxy - v.yzx);
}

void main() {
  int x = int(gl_GlobalInvocationID.x);
  int row = int(gl_GlobalInvocationID.y);
  if (x >= job.width || row >= job.rows) return;
  int y = job.first + row;
  bool moves = levels[job.level].moves != 0;
  if (moves) aim(source(y, x));
  int size = job.height * job.width;
  int at = y * job.width + x;
  bool turns = levels[job.level].field[kHue].map >= 0 || levels[job.level].field[kHue].value != 0.0;
  float hue = turns ? field_at(kHue, y, x) : 0.0;
  int first = int(gl_GlobalInvocationID.z) * 3 * kTriples;
  for (int c = first; c < min(first + 3 * kTriples, job.channels); c += 3) {
    vec3 v = vec3(0);
    for (int i = 0; i < min(3, job.channels - c); ++i) {
      int channel = (c + i + levels[job.level].permute) % job.channels;
      v[i] = moves ? sampled(channel) : from[channel * size + at];
    }
    if (turns && c + 2 < job.channels) v = turn_hue(v, hue);
    for (int i = 0; i < min(3, job.channels - c); ++i) to[(c + i) * size + at] = v[i];
  }
}
