// In place of link_session.cc where Reverie is built without Link.
#include "core/error.h"
#include "link/link_session.h"

namespace reverie {

struct LinkSession::Joined {};

LinkSession::LinkSession(double, int) {
  throw Error(
      "cannot join a Link session: this Reverie was built without Link; install ableton-link-dev and build "
      "it "
      "with -DREVERIE_LINK=ON");
}
LinkSession::~LinkSession() = default;
size_t LinkSession::peers() const {
  return 0;
}
LinkBeat LinkSession::beat() {
  return {};
}
void LinkSession::set_tempo(double) {}
void LinkSession::place(double) {}

bool link_is_built_in() {
  return false;
}

}  // namespace reverie
