// A page for the phone: the picture small, presets, the knobs of what plays, blackout; over HTTP and
// WebSocket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "control/desk.h"
#include "devices/device_actions.h"
#include "pipeline/live.h"

namespace reverie {

struct RemoteSettings {
  int port = 8666;                 // to listen on; 0: any free one
  std::string host = "127.0.0.1";  // of the interface; "0.0.0.0" for all
  std::string code;  // to pair; empty: drawn for hosts that others can reach, none for this machine's own
};

struct RemoteCounts {
  uint64_t connections = 0;  // that were let in
  uint64_t refused = 0;      // too many at once, foreign origins and hosts, wrong codes
  uint64_t silent = 0;       // no whole request in five seconds, as of a browser that connects in advance
  uint64_t malformed = 0;    // messages that ask for nothing there is, or in the wrong form; broken frames
  int open = 0, paired = 0;  // now
};

// Serves the page on a thread of its own.  Whatever its hands do goes through the desk, so a session has it
// and a replay repeats it.  Nothing waits for a slow or dead connection: it misses pictures, and is closed
// after 15 seconds of silence. No message names a file.
class Remote {
 public:
  // Both must outlive this.  Error if the port is not available, or the program was built without
  // libwebsockets.
  Remote(Desk& desk, const LiveSet& set, const RemoteSettings& settings, DeviceActions actions);
  ~Remote();
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  int port() const;
  std::string code() const;  // empty: none is needed
  RemoteCounts counts() const;
  std::string greeting() const;  // a line that tells where the page is, and the code

  static constexpr int kMostConnections = 32;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace reverie
