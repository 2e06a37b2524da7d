// What a variational autoencoder has learned, as numbers and as a sheet.
#pragma once

#include "train/task.h"

namespace reverie {

std::vector<Figure> vae_figures(const Model& model, const RecordSet& set, Split split, size_t limit);

// Pictures, their reconstructions, and the same toward each label that the model knows.
Planes vae_sheet(const Model& model, const RecordSet& set, Split split, size_t limit);

}  // namespace reverie
