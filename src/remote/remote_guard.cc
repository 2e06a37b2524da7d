#include "remote/remote_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "core/text.h"

namespace reverie {
namespace {

// "192.168.1.7:8080" -> "192.168.1.7"; "[::1]:8080" -> "[::1]"
std::string_view without_port(std::string_view host) {
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

bool is_digits(std::string_view s) {
  return !s.empty() && s.size() <= 3 && std::all_of(s.begin(), s.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

bool is_address(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return true;
  const std::vector<std::string> bytes = split(host, '.');
  return bytes.size() == 4 && std::all_of(bytes.begin(), bytes.end(), is_digits);
}

}  // namespace

bool host_is_ours(std::string_view host, std::string_view own_name) {
  const std::string name = lower(std::string(without_port(host)));
  const std::string own = lower(std::string(own_name));
  return is_address(name) || name == "localhost" || (!own.empty() && (name == own || name == own + ".local"));
}

bool origin_fits(std::string_view origin, std::string_view host) {
  constexpr std::string_view kScheme = "http://";
  return origin.starts_with(kScheme) && !host.empty() &&
         lower(std::string(origin.substr(kScheme.size()))) == lower(std::string(host));
}

std::string draw_pairing_code() {
  std::random_device device;
  return fmt::format("{:06}", std::uniform_int_distribution<int>(0, 999999)(device));
}

bool PairingCode::fits(std::string_view code, Time now) {
  while (!wrong_.empty() && now - wrong_.front() > std::chrono::minutes(1)) wrong_.pop_front();
  if (wrong_.size() >= kMostWrong) return false;
  unsigned differs =
      code.size() == code_.size() ? 0 : 1;  // as long for a wrong first digit as for a wrong last
  for (size_t i = 0; i < std::min(code.size(), code_.size()); ++i)
    differs |= static_cast<unsigned char>(code[i]) ^ static_cast<unsigned char>(code_[i]);
  if (differs != 0) wrong_.push_back(now);
  return differs == 0;
}

}  // namespace reverie
