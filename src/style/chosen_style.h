// The style that a sum of labels names, which may change while it plays.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "style/embeddings.h"

namespace reverie {

class ChosenStyle {
 public:
  // text: as parse_styles() takes it.  Error for labels that are not there.
  ChosenStyle(LabelStatistics labels, const std::string& text);

  // Another text.  While it plays, a slip of the keyboard ends nothing: a warning, and it stays as it was.
  void change(const std::string& text);

  // position: which of the sums, and how far to the next one.  multiply: as of mix_styles().
  CodeStatistics at(double position, const std::function<double(size_t)>& multiply = nullptr) const;

  const LabelStatistics& labels() const { return labels_; }

 private:
  LabelStatistics labels_;
  std::string text_;
  std::vector<StyleSum> sums_;
};

}  // namespace reverie
