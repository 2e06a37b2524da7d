#include "style/chosen_style.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"

namespace reverie {
namespace {

std::vector<StyleSum> checked(const LabelStatistics& labels, const std::string& text) {
  std::vector<StyleSum> sums = parse_styles(text);
  for (const StyleSum& sum : sums) mix_styles(labels, sum);
  return sums;
}

}  // namespace

ChosenStyle::ChosenStyle(LabelStatistics labels, const std::string& text)
    : labels_(std::move(labels)), text_(text), sums_(checked(labels_, text)) {}

void ChosenStyle::change(const std::string& text) {
  if (text == text_) return;
  text_ = text;
  try {
    sums_ = checked(labels_, text);
  } catch (const Error& e) {
    warning(std::string(e.what()) + "; it stays as it was");
  }
}

CodeStatistics ChosenStyle::at(double position, const std::function<double(size_t)>& multiply) const {
  const double kept = std::min(position, static_cast<double>(sums_.size() - 1));
  const auto first = static_cast<size_t>(kept);
  const CodeStatistics a = mix_styles(labels_, sums_[first], multiply);
  const double share = kept - static_cast<double>(first);
  return share > 0 ? between(a, mix_styles(labels_, sums_[first + 1], multiply), share) : a;
}

}  // namespace reverie
