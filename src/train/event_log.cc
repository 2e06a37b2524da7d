#include "train/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "data/tfrecord.h"
#include "reverie_event.pb.h"
#include "sheets/png.h"

namespace reverie {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPrefix = "events.out.tfevents.";
constexpr uint64_t kLargestFile = uint64_t{1} << 32U;  // the largest that is read back

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The event files of a folder in order of creation: their names begin with the time.
std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.path().filename().string().starts_with(kPrefix)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A name after all existing ones, whatever the clock says.
fs::path new_event_file(const fs::path& folder) {
  auto seconds = static_cast<int64_t>(now());
  for (const fs::path& file : event_files(folder)) {
    const std::string name = file.filename().string().substr(std::string(kPrefix).size());
    const std::optional<double> taken = to_number(name.substr(0, name.find('.')));
    if (taken && *taken >= static_cast<double>(seconds) && *taken < 1e10)
      seconds = static_cast<int64_t>(*taken) + 1;
  }
  return folder / fmt::format("{}{:010}.reverie", kPrefix, seconds);
}

// The upper ends of TensorFlow's histogram buckets (lib/histogram): 1e-12 times powers of 1.1 up to 1e20, the
// same below 0, and 0 between.
const std::vector<double>& bucket_limits() {
  static const std::vector<double> limits = [] {
    std::vector<double> positive;
    for (double v = 1e-12; v < 1e20; v *= 1.1) positive.push_back(v);
    positive.push_back(std::numeric_limits<double>::max());
    std::vector<double> all;
    std::transform(positive.rbegin(), positive.rend(), std::back_inserter(all), std::negate<>());
    all.push_back(0);
    all.insert(all.end(), positive.begin(), positive.end());
    return all;
  }();
  return limits;
}

// The buckets, with each run of empty ones merged.
void fill_histogram(std::span<const float> values, tb::HistogramProto& h) {
  const std::vector<double>& limits = bucket_limits();
  std::vector<int64_t> counts(limits.size());
  double low = std::numeric_limits<double>::max();
  double high = -low;
  double number = 0;
  double sum = 0;
  double squares = 0;
  for (const float f : values) {
    if (!std::isfinite(f)) continue;
    const double v = f;
    ++counts[static_cast<size_t>(std::upper_bound(limits.begin(), limits.end(), v) - limits.begin())];
    low = std::min(low, v);
    high = std::max(high, v);
    number += 1;
    sum += v;
    squares += v * v;
  }
  if (number == 0) low = high = 0;
  h.set_min(low);
  h.set_max(high);
  h.set_num(number);
  h.set_sum(sum);
  h.set_sum_squares(squares);
  for (size_t i = 0; i < limits.size();) {
    const int64_t count = counts[i];
    double end = limits[i++];
    if (count == 0) {
      for (; i < limits.size() && counts[i] == 0; ++i) end = limits[i];
    }
    h.add_bucket_limit(end);
    h.add_bucket(static_cast<double>(count));
  }
}

}  // namespace

class EventLog::Writer {
 public:
  explicit Writer(const fs::path& path) : records_(path) {}

  void write(tb::Event& event, int64_t step) {
    event.set_wall_time(now());
    event.set_step(step);
    records_.write(event.SerializeAsString());
  }
  void flush() { records_.flush(); }

 private:
  TFRecordWriter records_;
};

EventLog::EventLog(const fs::path& folder, int64_t first_step) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw Error("make the folder", folder.string(), code.message());
  path_ = new_event_file(folder);
  writer_ = std::make_unique<Writer>(path_);
  tb::Event version;
  version.set_file_version("brain.Event:2");
  writer_->write(version, 0);
  tb::Event start;
  start.mutable_session_log()->set_status(tb::SessionLog::START);
  writer_->write(start, first_step);
  writer_->flush();
}

EventLog::~EventLog() = default;

void EventLog::scalar(const std::string& tag, int64_t step, double value) {
  tb::Event event;
  tb::Summary::Value& v = *event.mutable_summary()->add_value();
  v.set_tag(tag);
  v.set_simple_value(static_cast<float>(value));
  writer_->write(event, step);
}

void EventLog::image(const std::string& tag, int64_t step, const Planes& picture) {
  const std::vector<uint8_t> png = png_bytes(picture);
  tb::Event event;
  tb::Summary::Value& v = *event.mutable_summary()->add_value();
  v.set_tag(tag);
  v.mutable_image()->set_height(picture.height());
  v.mutable_image()->set_width(picture.width());
  v.mutable_image()->set_colorspace(picture.channels());
  v.mutable_image()->set_encoded_image_string(png.data(), png.size());
  writer_->write(event, step);
}

void EventLog::histogram(const std::string& tag, int64_t step, std::span<const float> values) {
  tb::Event event;
  tb::Summary::Value& v = *event.mutable_summary()->add_value();
  v.set_tag(tag);
  fill_histogram(values, *v.mutable_histo());
  writer_->write(event, step);
}

void EventLog::flush() {
  writer_->flush();
}

namespace {

using SeriesByTag = std::map<std::string, ScalarSeries>;

// Removes what a series has for this step and later ones.
void forget_from(ScalarSeries& s, int64_t step) {
  while (!s.steps.empty() && s.steps.back() >= step) {
    s.steps.pop_back();
    s.values.pop_back();
  }
}

void take(const tb::Event& event, SeriesByTag& all) {
  if (event.session_log().status() == tb::SessionLog::START) {
    for (auto& [tag, series] : all) forget_from(series, event.step());
  }
  for (const tb::Summary::Value& v : event.summary().value()) {
    if (v.value_case() != tb::Summary::Value::kSimpleValue) continue;
    ScalarSeries& s = all[v.tag()];
    forget_from(s, event.step());
    s.steps.push_back(event.step());
    s.values.push_back(v.simple_value());
  }
}

void read_events(const fs::path& file, SeriesByTag& all) {
  const std::vector<uint8_t> bytes = read_file(file, kLargestFile);
  TFRecordReader reader(bytes, file.string());
  try {
    while (const auto record = reader.next()) {
      tb::Event event;
      if (!event.ParseFromArray(record->bytes.data(), static_cast<int>(record->bytes.size()))) return;
      take(event, all);
    }
  } catch (const Error&) {
    // the end of a killed run's file is often truncated; what came before is sound
  }
}

}  // namespace

std::vector<ScalarSeries> read_scalars(const fs::path& folder) {
  SeriesByTag all;
  for (const fs::path& file : event_files(folder)) read_events(file, all);
  std::vector<ScalarSeries> out;
  for (auto& [tag, series] : all) {
    if (series.steps.empty()) continue;
    series.tag = tag;
    out.push_back(std::move(series));
  }
  return out;
}

}  // namespace reverie
