#include "feedback/kernels/vulkan/availability.h"

#include "feedback/kernels/vulkan/card.h"

namespace reverie {
namespace {

Availability look() {
  Availability a;
  const std::vector<vulkan::CardInfo> cards = vulkan::list_cards(a.why_not);
  if (cards.empty()) return a;
  a.why_not = cards.front().missing;
  for (const vulkan::CardInfo& card : cards) {
    if (!card.missing.empty()) continue;
    a.why_not.clear();
    a.what = card.name;
    a.automatic = !card.software;
    return a;
  }
  a.what = cards.front().name;
  return a;
}

}  // namespace

const Availability& vulkan_availability() {
  static const Availability found = look();
  return found;
}

}  // namespace reverie
