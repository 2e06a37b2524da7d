// Training classifiers: cross-entropy of the labels; Szegedy et al. 2016 for label smoothing.
#pragma once

#include "train/task.h"

namespace reverie {

TaskKind classifier_task();

}  // namespace reverie
