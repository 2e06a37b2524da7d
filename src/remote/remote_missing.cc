// In place of remote.cc where libwebsockets is missing.
#include "core/error.h"
#include "remote/remote.h"

namespace reverie {

class Remote::Server {};

Remote::Remote(Desk& /*desk*/, const LiveSet& /*set*/, const RemoteSettings& /*settings*/,
               DeviceActions /*actions*/) {
  throw Error("serve the page for the phone", "", "this program was built without libwebsockets",
              "install libwebsockets-dev and build it again");
}

Remote::~Remote() = default;

int Remote::port() const {
  return 0;
}

std::string Remote::code() const {
  return "";
}

RemoteCounts Remote::counts() const {
  return {};
}

std::string Remote::greeting() const {
  return "";
}

}  // namespace reverie
