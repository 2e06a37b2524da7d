// Presets from presets: values that stray, and children of two parents.
#pragma once

#include <vector>

#include "control/preset.h"
#include "core/random.h"

namespace reverie {

// Whether variation may change it: not what a process is built from, how it is looked at, nor a text.
bool may_stray(const Parameter& p);

// Gives values this parameter as a preset of the same effect has it.
void copy_value(const Parameter& p, const Preset& from, ParameterValues& values);

// Numbers of all levels moved by `amount` of their size, kept in their range; what is no number stays.
std::vector<double> stray(const Parameter& p, std::vector<double> values, double amount, Random& draws);

// How far a child may be from its parent.  Shares of a parameter's playable range, and chances.
struct Variation {
  double iso = 0.06;         // standard deviation with which a value strays
  double line = 0.4;         // ... and with which all go along the line from the parent to the other one
  double changed = 0.35;     // chance of a value to stray
  double words = 0.06;       // of a word, switch or whole number to change
  double texts = 0.2;        // of a text, such as a palette, to be the other's
  double weights = 0.3;      // of random weights to be drawn from another seed
  double structure = 0.15;   // of levels, filters and weights to be the other's
  double modulation = 0.15;  // of the LFOs to be the other's; and of one to come, and of one to go
};

// A child of `parent` in the direction of `other`, of the same effect (Vassiliades and Mouret 2018,
// "Discovering the Elite Hypervolume by Leveraging Interspecies Correlation": iso+line).  It keeps the
// parent's name and folders.  Whether it can be played is another question: what it is built from may not
// fit.
Preset child_of(const Preset& parent, const Preset& other, const Variation& how, Random draws);

}  // namespace reverie
