#include "devices/osc_echo.h"

#include <algorithm>

#include "control/set_controls.h"
#include "devices/osc_command.h"

namespace reverie {

bool OscEcho::changed(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const bool first = changed_.empty();
  changed_.insert(address);
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

std::vector<OscMessage> OscEcho::due(const Chain& chain, const ParameterValues& of_set, Time now) {
  collect();
  std::vector<OscMessage> messages;
  const bool all = waiting_.contains("") && is_ripe("", now);
  if (all) {
    waiting_.erase("");
    sent_[""] = now;
    messages.push_back({"/reverie/preset", {chain.name()}});
  }
  std::set<std::string> there;
  const auto echo = [&](const std::string& part, const ParameterValues& values) {
    for (const Parameter& p : values.table().all()) {
      const std::string address = part + "." + p.name;
      there.insert(address);
      if (all) waiting_.insert(address);
      if (!waiting_.contains(address) || !is_ripe(address, now)) continue;
      waiting_.erase(address);
      sent_[address] = now;
      messages.push_back(osc_echo(part, values, p));
      if (faders_ && p.kind != ParameterKind::kText) messages.push_back(osc_fader_echo(part, values, p));
    }
  };
  for (const Part& part : chain.parts) echo(part.name, part.preset.values);
  echo(std::string(kSetPart), of_set);
  // those of a part that is gone
  std::erase_if(waiting_, [&](const std::string& a) { return !a.empty() && !there.contains(a); });
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
