#include "devices/osc_echo.h"

#include <algorithm>

#include "devices/osc_command.h"

namespace reverie {

bool OscEcho::changed(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const bool first = changed_.empty();
  changed_.insert(name);
  return first;
}

void OscEcho::spoke(uint32_t host, Time now) {
  clients_[host] = now;
  if (clients_.size() <= kMostClients) return;
  const auto earlier = [](const auto& a, const auto& b) { return a.second < b.second; };
  clients_.erase(std::min_element(clients_.begin(), clients_.end(), earlier));
}

std::vector<uint32_t> OscEcho::clients(Time now) {
  std::erase_if(clients_, [&](const auto& c) { return now - c.second > kClientStays; });
  std::vector<uint32_t> hosts;
  hosts.reserve(clients_.size());
  for (const auto& [host, time] : clients_) hosts.push_back(host);
  return hosts;
}

void OscEcho::collect() {
  const std::lock_guard lock(mutex_);
  waiting_.merge(changed_);
  changed_.clear();
}

bool OscEcho::is_ripe(const std::string& name, Time now) const {
  const auto it = sent_.find(name);
  return it == sent_.end() || now - it->second >= kPause;
}

bool OscEcho::is_due(Time now) {
  collect();
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& name) { return is_ripe(name, now); });
}

std::vector<OscMessage> OscEcho::due(const Preset& preset, Time now) {
  collect();
  std::vector<OscMessage> messages;
  const ParameterTable& table = preset.values.table();
  if (waiting_.contains("") && is_ripe("", now)) {
    waiting_.erase("");
    sent_[""] = now;
    messages.push_back({"/reverie/preset", {preset.name}});
    for (const Parameter& p : table.all()) waiting_.insert(p.name);
  }
  for (const Parameter& p : table.all()) {
    if (!waiting_.contains(p.name) || !is_ripe(p.name, now)) continue;
    waiting_.erase(p.name);
    sent_[p.name] = now;
    messages.push_back(osc_echo(preset, p));
  }
  // of another effect's parameters nobody hears any more
  std::erase_if(waiting_, [&](const std::string& name) { return !name.empty() && !table.has(name); });
  return messages;
}

int OscEcho::patience(Time now) {
  collect();
  if (waiting_.empty()) return 1000;
  auto until = now + kPause;
  for (const std::string& name : waiting_)
    until = std::min(until, is_ripe(name, now) ? now : sent_[name] + kPause);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(until - now).count());
}

}  // namespace reverie
