// The parameters of all levels, and the maps of the level at work.
struct Field {
  float value, depth;
  int map;  // where in `maps` the plane begins; negative: none
  int unused;
};

const int kGain = 0, kSelfShare = 1, kEncodeShare = 2, kDecodeShare = 3, kInputShare = 4, kBias = 5, kNoise = 6, kSblur = 7,
          kTblur = 8, kZoom = 9, kRotate = 10, kShiftX = 11, kShiftY = 12, kSwirl = 13, kAdvect = 14, kHue = 15, kByFlow = 16;

// As struct LevelJob in job.h.
struct Level {
  Field field[17];
  float centre_x, centre_y, radius, sector;
  float turn_cosine, turn_sine;
  int mirror, permute, sampling, squash;
  int moves, plain_turn, advects, by_flow;
  int shrink, flow_height, flow_width;
  float home_centre, home_level, home_rate;
  int draws;  // where the level's streams begin
};

layout(std430, set = 0, binding = 0) readonly buffer Levels {
  Level levels[7];
  uvec2 stream[];  // key of each channel's noise: low, high
};
layout(std430, set = 0, binding = 1) readonly buffer Maps {
  float maps[];
};

float field_at(int f, int y, int x) {
  float value = levels[job.level].field[f].value;
  int map = levels[job.level].field[f].map;
  if (map < 0) return value;
  precise float v = value + levels[job.level].field[f].depth * (2.0 * maps[map + y * job.width + x] - 1.0);
  return v;
}
