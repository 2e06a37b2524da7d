// What all shaders share: the job, the levels' parameters, border rules, functions with known rounding.  The
// built-in sin, cos, atan and tanh may be as coarse as the driver likes; these are not.
#extension GL_EXT_control_flow_attributes : require

// One dispatch.  As struct Job in job.h.
layout(push_constant) uniform Push {
  int level;              // whose parameters
  int border;
  int height, width;      // of what is written
  int in_height, in_width;
  int first, rows;        // the rows to write
  int channels;           // of what is written
  int in_channels;
  int pool, activation;
  float scale;            // of what is written
  int add;                // to what is there
  int terms;              // kSelf, ..
  int mode;               // of mix
  int chunk, chunks;      // of the sums
  int at;                 // where the level's sums begin
  int home;               // where its gain and means lie
  float share;
} job;

const int kWrap = 0, kClamp = 1;
const int kMax = 0, kMean = 1, kStride = 2, kMaxMagnitude = 3;
const int kTanh = 0;

int border_index(int i, int n, int border) {
  if (i >= 0 && i < n) return i;
  if (border == kWrap) return i < 0 ? n - 1 - (-1 - i) % n : i % n;
  return border == kClamp ? clamp(i, 0, n - 1) : -1;
}

bool finite(float v) {
  return (floatBitsToUint(v) & 0x7f800000u) != 0x7f800000u;
}

// As kernels/cpu/math-inl.h: 4.1e-7, and constant beyond 8.
float quick_tanh(float v) {
  v = clamp(v, -8.0, 8.0);
  float y = v * v;
  float p = ((1.142835208e-05 * y + 2.951017348e-03) * y + 1.292565763e-01) * y + 9.999998808e-01;
  float q = (((2.459187840e-07 * y + 2.386682463e-04) * y + 2.381552756e-02) * y + 4.625887275e-01) * y + 1.0;
  return v * p / q;
}

vec4 activated(vec4 v, int activation) {
  if (activation != kTanh) return max(v, vec4(0));
  return vec4(quick_tanh(v.x), quick_tanh(v.y), quick_tanh(v.z), quick_tanh(v.w));
}

// (sin, cos), Moshier's Cephes: the angle is reduced to -pi/4..pi/4 in three steps.
vec2 sine_cosine(float angle) {
  precise float n = floor(angle * 0.636619772 + 0.5);
  precise float r = ((angle - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789948768648e-8;
  float z = r * r;
  float s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  float c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  int quarter = int(n - 4.0 * floor(n * 0.25));
  vec2 turned = (quarter & 1) == 0 ? vec2(s, c) : vec2(c, s);
  if (quarter == 2 || quarter == 3) turned.x = -turned.x;
  if (quarter == 1 || quarter == 2) turned.y = -turned.y;
  return turned;
}

// Multiples of pi / 4, and what they lack.
const float kEighths[5] = float[5](0.0, 0.7853981852531433, 1.5707963705062866, 2.356194496154785, 3.1415927410125732);
const float kRests[5] = float[5](0.0, -2.1855694143e-8, -4.3711388287e-8, -5.9624403e-9, -8.7422776573e-8);

// atan2, to the last place or two: far from the centre of a kaleidoscope that is a good part of a sample.
float angle_of(float y, float x) {
  float ax = abs(x);
  float ay = abs(y);
  if (ax == 0.0 && ay == 0.0) return 0.0;
  precise float v = min(ax, ay) / max(ax, ay);
  int eighths = 0;
  if (v > 0.4142135623730950) {
    eighths = 1;
    precise float turned = (min(ax, ay) - max(ax, ay)) / (ax + ay);
    v = turned;
  }
  float z = v * v;
  float a = (((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * v + v;
  if (ay > ax) {
    eighths = 2 - eighths;
    a = -a;
  }
  if (x < 0.0) {
    eighths = 4 - eighths;
    a = -a;
  }
  precise float angle = kEighths[eighths] + (a + kRests[eighths]);
  return y < 0.0 ? -angle : angle;
}
