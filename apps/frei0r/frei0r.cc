// frei0r's functions (frei0r.h, version 1.2), by which its hosts load and call the plug-in.
#include <cinttypes>
#include <cmath>

extern "C" {
#include <frei0r.h>  // has no word of C++
}

#include "core/limits.h"
#include "core/log.h"
#include "instance.h"

namespace {

using reverie::Instance;
using reverie::Knob;
using reverie::knobs;
using reverie::ParameterKind;

bool is_text(const Knob& knob) {
  return !knob.parameter || knob.parameter->kind == ParameterKind::kText;
}

int type_of(const Knob& knob) {
  if (is_text(knob)) return F0R_PARAM_STRING;
  return knob.parameter->kind == ParameterKind::kFlag ? F0R_PARAM_BOOL : F0R_PARAM_DOUBLE;
}

const Knob* knob_of(int number) {
  return number >= 0 && static_cast<size_t>(number) < knobs().size() ? &knobs()[static_cast<size_t>(number)]
                                                                     : nullptr;
}

// What leaves the plug-in must not be an exception.
template <class Work>
void guarded(const Work& work) noexcept {
  try {
    work();
  } catch (const std::exception& e) {
    reverie::warning(std::string("frei0r: ") + e.what());
  }
}

}  // namespace

extern "C" {

int f0r_init() {
  return 1;
}

void f0r_deinit() {}

void f0r_get_plugin_info(f0r_plugin_info_t* info) {
  guarded([&] {
    info->name = "Reverie";
    info->author = "The Reverie developers";
    info->plugin_type = F0R_PLUGIN_TYPE_FILTER;
    info->color_model = F0R_COLOR_MODEL_RGBA8888;
    info->frei0r_version = FREI0R_MAJOR_VERSION;
    info->major_version = 0;
    info->minor_version = 2;
    info->num_params = static_cast<int>(knobs().size());
    info->explanation = "Plays the pictures through a preset of Reverie, a neural video synthesizer";
  });
}

void f0r_get_param_info(f0r_param_info_t* info, int number) {
  const Knob* knob = knob_of(number);
  if (!knob) return;
  info->name = knob->name.c_str();
  info->explanation = knob->help.c_str();
  info->type = type_of(*knob);
}

f0r_instance_t f0r_construct(unsigned int width, unsigned int height) {
  constexpr unsigned kLargest = reverie::kLargestSide;
  Instance* instance = nullptr;
  if (width < 1 || height < 1 || width > kLargest || height > kLargest) return instance;
  guarded([&] { instance = new Instance(static_cast<int>(width), static_cast<int>(height)); });
  return instance;
}

void f0r_destruct(f0r_instance_t instance) {
  delete static_cast<Instance*>(instance);
}

void f0r_set_param_value(f0r_instance_t instance, f0r_param_t value, int number) {
  const Knob* knob = knob_of(number);
  if (!instance || !knob || !value) return;
  guarded([&] {
    auto* played = static_cast<Instance*>(instance);
    if (!is_text(*knob)) return played->turn(number, *static_cast<const double*>(value));
    const char* text = *static_cast<const f0r_param_string*>(value);
    played->turn(number, std::string(text ? text : ""));
  });
}

void f0r_get_param_value(f0r_instance_t instance, f0r_param_t value, int number) {
  const Knob* knob = knob_of(number);
  if (!instance || !knob || !value) return;
  guarded([&] {
    const Instance::Value& shown = static_cast<const Instance*>(instance)->value(number);
    if (const auto* number_shown = std::get_if<double>(&shown)) {
      *static_cast<double*>(value) = *number_shown;
    } else {
      // hosts read it; frei0r has no word for that
      *static_cast<f0r_param_string*>(value) = const_cast<char*>(std::get<std::string>(shown).c_str());
    }
  });
}

void f0r_update(f0r_instance_t instance, double time, const uint32_t* in, uint32_t* out) {
  if (!instance || !in || !out) return;
  guarded([&] { static_cast<Instance*>(instance)->process(time, in, out); });
}

}  // extern "C"
