// Who may speak to the page's server: where a request says it comes from, and codes to pair.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>

namespace reverie {

// Whether a Host header names this machine by an address, as localhost or by its own name: a name of somebody
// else's that leads here (DNS rebinding) does not.
bool host_is_ours(std::string_view host, std::string_view own_name);

// Whether the page that opens a socket (Origin header) came from this host itself.
bool origin_fits(std::string_view origin, std::string_view host);

// Six digits, from the system's random numbers.
std::string draw_pairing_code();

// The code that whoever comes from elsewhere must know.  After kMostWrong wrong ones in a minute nobody is
// let in for the rest of it, so that it cannot be tried out.
class PairingCode {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr size_t kMostWrong = 10;

  explicit PairingCode(std::string code) : code_(std::move(code)) {}  // empty: none is needed
  bool needed() const { return !code_.empty(); }
  bool fits(std::string_view code, Time now);
  const std::string& text() const { return code_; }

 private:
  std::string code_;
  std::deque<Time> wrong_;
};

}  // namespace reverie
