#include "control/chain_player.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control/chain_rack.h"
#include "control/making.h"
#include "core/error.h"
#include "core/memory.h"
#include "effects/effects.h"

namespace reverie {
namespace {

constexpr int kColours = 3;
constexpr double kCrossGlide = 0.1;              // seconds in which the picture follows the crossfader
constexpr uint64_t kNoiseStream = 0x6e6f697365;  // of the seed of new noise for all parts

}  // namespace

double ChainPlayer::Ramp::at(double now) {
  if (!start) start = now;
  return from + (to - from) * fade_share(now - *start, seconds);
}

struct ChainPlayer::Job {
  explicit Job(ChangeChain w) : wanted(std::move(w)) {}

  ChangeChain wanted;
  std::vector<Event> later;   // what happened to its parts meanwhile
  bool keeps_before = false;  // the chain before it waits for the crossfader then
  Making<Rack> rack;
};

namespace {

// Whether an event is one of a part, by the member that names it.
template <class E>
concept OfPart = requires(const E& e) {
  e.part;
}
&&!std::is_same_v<E, AddPart>;

void check(const Chain& chain) {
  if (chain.parts.size() > kMostParts) throw Error(fmt::format("a chain has at most {} parts", kMostParts));
  for (const Part& part : chain.parts) check_part_name(part.name);
}

std::string address(const SetParameter& e) {
  return e.part.empty() ? e.name : e.part + "." + e.name;
}

}  // namespace

ChainPlayer::ChainPlayer(PlayerSetup setup, const Chain& chain) : setup_(std::move(setup)) {
  if (!setup_.pool) setup_.pool = std::make_shared<Threads>(setup_.threads);
  auto rack = std::make_unique<Rack>();
  for (const Part& part : chain.parts) {
    rack->slots.push_back(
        std::make_unique<Slot>(Slot{part.name, std::make_unique<Player>(setup_, part.preset, part.seed)}));
    rack->order.push_back(part.name);
  }
  rack->given_name = chain.given_name;
  rack->listen();
  racks_.push_back(std::move(rack));
  const double bytes = bytes_ahead();
  const double there = available_memory_bytes();
  if (there > 0 && bytes > there) {
    throw Error(
        "play", chain.name(),
        fmt::format("its frames of {}x{} would take about {:.1f} GB of memory, and {:.1f} GB are available",
                    setup_.width, setup_.height, bytes * 1e-9, there * 1e-9),
        "choose a smaller --size, or fewer levels or channels");
  }
}

ChainPlayer::~ChainPlayer() = default;

void ChainPlayer::apply(const Event& event) {
  if (const auto* e = std::get_if<ChangeChain>(&event)) return change_chain(*e);
  if (std::holds_alternative<BeginChain>(event)) return begin_chain();
  if (std::holds_alternative<AbandonChain>(event)) return abandon(job_);
  if (const auto* e = std::get_if<CueChain>(&event)) {
    check(e->chain);
    abandon(cue_job_);
    cue_job_ = std::make_unique<Job>(ChangeChain{e->chain, 0});
    return;
  }
  if (std::holds_alternative<BeginCue>(event)) return begin_cue();
  if (std::holds_alternative<AbandonCue>(event)) return abandon(cue_job_);
  if (const auto* e = std::get_if<Crossfade>(&event)) return crossfade(e->share);
  if (const auto* e = std::get_if<Blackout>(&event)) {
    const double now = light_.at(racks_.back()->now);
    light_ = {now, e->on ? 0.0 : 1.0, e->fade, {}};
    return;
  }
  if (const auto* e = std::get_if<Freeze>(&event)) {
    frozen_ = e->on;
    held_ = false;
    return;
  }
  const bool of_parts = std::visit([](const auto& e) { return OfPart<std::decay_t<decltype(e)>>; }, event) ||
                        std::holds_alternative<AddPart>(event);
  if (!of_parts) return;  // of the input or the clock
  if (!job_) {
    apply_to_parts(*racks_.back(), event);
    racks_.back()->listen();
    return;
  }
  // A chain is on its way: what the hands do is for its parts, and for those that still play where they have
  // the same names.
  const bool of_running =
      std::holds_alternative<BeginProcess>(event) || std::holds_alternative<AbandonProcess>(event);
  if (!of_running) {
    if (const auto* e = std::get_if<SetParameter>(&event))
      override_value(job_->wanted.chain, address(*e), e->value);
    if (const auto* e = std::get_if<ChangePreset>(&event)) {
      Part& part = job_->wanted.chain.part(e->part);
      part.preset = e->preset;
      part.seed = e->seed;
    }
    job_->later.push_back(event);
    if (job_->keeps_before) return;  // that one stays as it is
  }
  try {
    apply_to_parts(*racks_.back(), event);
    racks_.back()->listen();
  } catch (const Error&) {
    if (of_running) throw;
  }
}

void ChainPlayer::apply_to_parts(Rack& rack, const Event& event) {
  if (const auto* e = std::get_if<SetParameter>(&event)) {
    const Address a = find_address(rack.chain(), address(*e));
    return rack.get(a.part).player->apply(SetParameter{a.name, e->value});
  }
  if (const auto* e = std::get_if<AddPart>(&event)) {
    check_part_name(e->part.name);
    if (rack.order.size() >= kMostParts) throw Error(fmt::format("a chain has at most {} parts", kMostParts));
    const size_t place = std::min(static_cast<size_t>(std::max(e->place, 0)), rack.order.size());
    Slot* slot = rack.find(e->part.name);
    if (slot && !slot->leaves) throw Error(fmt::format("there is a part '{}' already", e->part.name));
    if (slot) {  // it was about to go: it stays
      slot->player->apply(ChangePreset{e->part.preset, e->part.seed, e->fade});
      slot->leaves = false;
      slot->fade_to(1, e->fade, slot->presence.at(rack.now));
    } else {
      auto fresh = std::make_unique<Slot>(Slot{
          e->part.name, std::make_unique<Player>(setup_, ChangePreset{e->part.preset, e->part.seed, 0})});
      fresh->presence = {0, 0, 0, {}};
      fresh->fade = e->fade;
      fresh->begins = true;
      rack.slots.push_back(std::move(fresh));
    }
    rack.order.insert(rack.order.begin() + static_cast<std::ptrdiff_t>(place), e->part.name);
    return rack.sort();
  }
  if (const auto* e = std::get_if<RemovePart>(&event)) {
    Slot& slot = rack.get(e->part);
    if (slot.leaves) return;
    if (rack.order.size() == 1) throw Error("remove", e->part, "it is the only part", "bypass it");
    std::erase(rack.order, slot.name);
    slot.leaves = true;
    slot.moves = false;
    slot.fade_to(0, e->fade, slot.presence.at(rack.now));
    return;
  }
  if (const auto* e = std::get_if<MovePart>(&event)) {
    Slot& slot = rack.get(e->part);
    if (slot.leaves) throw Error(fmt::format("there is no part '{}'", e->part));
    std::erase(rack.order, slot.name);
    const size_t place = std::min(static_cast<size_t>(std::max(e->place, 0)), rack.order.size());
    rack.order.insert(rack.order.begin() + static_cast<std::ptrdiff_t>(place), slot.name);
    slot.moves = true;
    slot.fade = e->fade;
    slot.fade_to(0, e->fade / 2, slot.presence.at(rack.now));
    return;
  }
  if (const auto* e = std::get_if<NewNoise>(&event); e && e->part.empty()) {
    const bool alone = rack.slots.size() == 1;
    for (const auto& slot : rack.slots)
      slot->player->apply(NewNoise{alone ? e->seed : part_seed(e->seed ^ kNoiseStream, slot->name)});
    return;
  }
  std::visit(
      [&](const auto& e) {
        if constexpr (OfPart<std::decay_t<decltype(e)>>) {
          Slot& slot = rack.get(e.part);
          const bool begins = std::exchange(slot.begins, false);
          if constexpr (std::is_same_v<std::decay_t<decltype(e)>, BeginProcess>) {
            slot.begins = begins;  // until it has
            slot.player->apply(e);
            slot.begins = false;
            if (begins) slot.fade_to(1, slot.fade, 0);
          } else if constexpr (std::is_same_v<std::decay_t<decltype(e)>, AbandonProcess>) {
            slot.player->apply(e);
            if (!begins) return;
            std::erase(rack.order, slot.name);
            std::erase_if(rack.slots, [&](const auto& s) { return s.get() == &slot; });
          } else {
            slot.begins = begins;
            slot.player->apply(e);
          }
        }
      },
      event);
}

std::vector<Event> ChainPlayer::ready() const {
  std::vector<Event> events;
  for (const auto& slot : racks_.back()->slots) {
    if (slot->player->process_is_ready()) {
      // a set of one part is written as before there were chains
      const bool alone = racks_.back()->slots.size() == 1;
      events.emplace_back(BeginProcess{alone ? "" : slot->name});
    }
  }
  if (job_ && job_->rack.done()) events.emplace_back(BeginChain{});
  if (cue_job_ && cue_job_->rack.done()) events.emplace_back(BeginCue{});
  return events;
}

Event ChainPlayer::abandoning(const Event& begin) {
  if (const auto* e = std::get_if<BeginProcess>(&begin)) return AbandonProcess{e->part};
  if (std::holds_alternative<BeginCue>(begin)) return AbandonCue{};
  return AbandonChain{};
}

void ChainPlayer::abandon(std::unique_ptr<Job>& job) {
  if (job) abandoned_.push_back(std::move(job));
  std::erase_if(abandoned_, [](const auto& j) { return !j->rack.busy(); });
}

void ChainPlayer::change_chain(const ChangeChain& e) {
  check(e.chain);
  abandon(job_);
  job_ = std::make_unique<Job>(e);
}

// The chain starts from the values and the picture of the frame in which it was asked for, so that a replay
// makes the same one.
void ChainPlayer::start_job(Job& job, const Frame& frame) {
  job.rack.start([this, chain = job.wanted.chain, kept = KeptFrame(frame)] {
    auto rack = std::make_unique<Rack>();
    for (const Part& part : chain.parts) {
      auto player = std::make_unique<Player>(setup_, part.preset, part.seed);
      player->begin(kept.get());
      rack->slots.push_back(std::make_unique<Slot>(Slot{part.name, std::move(player)}));
      rack->order.push_back(part.name);
    }
    rack->given_name = chain.given_name;
    return rack;
  });
}

void ChainPlayer::do_later(Rack& rack, const Job& job) {
  for (const Event& e : job.later) {
    try {
      apply_to_parts(rack, e);
    } catch (const Error&) {
      // it was for a part of the chain before
    }
  }
  rack.listen();
}

void ChainPlayer::begin_chain() {
  if (!job_) return;
  const std::unique_ptr<Job> job = std::move(job_);
  std::unique_ptr<Rack> rack = job->rack.take();
  if (!rack) return;
  Rack& before = *racks_.back();
  for (const auto& slot : rack->slots) {
    if (const Slot* old = before.find(slot->name); old && !job->keeps_before)
      slot->player->follow(*old->player);
  }
  rack->now = before.now;
  ghost_ = racks_.size() > 1 ? shown_ : Planes();
  before.picture = shown_;
  racks_.push_back(std::move(rack));
  if (racks_.size() > 2) retire(racks_.begin());
  keeps_before_ = job->keeps_before;
  fade_frame_ = 0;
  fade_seconds_ = job->wanted.fade;
  do_later(*racks_.back(), *job);
}

void ChainPlayer::begin_cue() {
  if (!cue_job_) return;
  const std::unique_ptr<Job> job = std::move(cue_job_);
  std::unique_ptr<Rack> rack = job->rack.take();
  if (!rack) return;
  if (cued_) retired_.push_back(std::move(cued_));
  cued_ = std::move(rack);
  cued_->now = racks_.back()->now;
  do_later(*cued_, *job);
}

// What the hands do next is for the chain that is led to, even where it is still being made; a chain that was
// on its way takes its place.
void ChainPlayer::crossfade(double share) {
  if (!cued_ && !cue_job_) throw Error("crossfade", "to the next preset", "none is cued");
  const double now = cross_.at(racks_.back()->now);
  cross_ = {now, share, kCrossGlide, {}};
  if (share < 1) return;
  cross_ = {1 - now, 0, kCrossGlide, {}};
  if (cue_job_) {  // it begins as soon as it is there
    std::swap(job_, cue_job_);
    job_->wanted.fade = kCrossGlide;
    job_->keeps_before = !cue_job_;
    cross_ = {0, 0, 0, {}};
    return;
  }
  while (racks_.size() > 1) retire(racks_.begin());
  ghost_ = Planes();
  keeps_before_ = false;
  Planes its = std::move(cued_->picture);
  std::swap(racks_.back(), cued_);
  cued_->picture = std::move(main_);
  main_ = std::move(its);
  cue_job_ = std::move(job_);
}

void ChainPlayer::retire(std::vector<std::unique_ptr<Rack>>::iterator rack) {
  retired_.push_back(std::move(*rack));
  racks_.erase(rack);
}

// The rack's picture is that of its last part that makes one; false where none does.
bool ChainPlayer::play(Rack& rack, const Frame& frame, const Around& around) {
  rack.settle(frame.time.seconds);
  const Planes* current = frame.picture;
  Slot* last = nullptr;
  for (const auto& slot : rack.slots) {
    Told told(slot->wanted);
    bool made = false;
    const auto work = [&] {
      Frame seen = frame;
      seen.picture = current;
      made = slot->player->process(seen, rack.told, slot->picture, told);
      const double wet = made ? slot->presence.at(frame.time.seconds) * slot->player->wet() : 1;
      if (wet >= 1) return;
      if (current) {
        blend(slot->picture, *current, 1 - wet);
      } else {
        for (float& v : slot->picture.data()) v *= static_cast<float>(wet);
      }
    };
    around(slot->name, work, slot->picture);
    for (const auto& [name, value] : told.values())
      rack.told.insert_or_assign(slot->name + "." + name, value);
    if (!made) continue;
    current = &slot->picture;
    last = slot.get();
  }
  if (last) {
    std::swap(rack.picture, last->picture);
  } else if (frame.picture) {
    rack.picture = *frame.picture;
  }
  return last || frame.picture;
}

void ChainPlayer::play_or_black(Rack& rack, const Frame& frame, const Around& around) {
  if (!play(rack, frame, around)) rack.picture = Planes(kColours, setup_.height, setup_.width);
}

// While two chains fade they take turns, so that no frame costs more than another.
const Planes* ChainPlayer::mix_racks(const Frame& frame, const Around& around) {
  if (fade_frame_ == 0) fade_start_ = frame.time.seconds;
  const double share = fade_share(frame.time.seconds - fade_start_, fade_seconds_);
  if (share >= 1) {
    if (std::exchange(keeps_before_, false) && !cued_) {
      cued_ = std::move(racks_.front());
      racks_.erase(racks_.begin());
      main_ = Planes();
    } else {
      retire(racks_.begin());
    }
    ghost_ = Planes();
  }
  const bool both = racks_.size() > 1;
  play_or_black(!both || fade_frame_++ % 2 == 0 ? *racks_.back() : *racks_.front(), frame, around);
  if (!both) return &racks_.back()->picture;
  racks_.back()->now = racks_.front()->now = frame.time.seconds;
  mixed_ = racks_.back()->picture;
  blend(mixed_, racks_.front()->picture, 1 - share);
  if (!ghost_.empty()) blend(mixed_, ghost_, 1 - share);
  return &mixed_;
}

bool ChainPlayer::play_main(const Frame& frame, Planes& out, const Around& around) {
  bool shows = true;
  if (racks_.size() > 1) {
    out = *mix_racks(frame, around);
  } else {
    Rack& rack = *racks_.back();
    shows = play(rack, frame, around);
    if (!shows) rack.picture = Planes(kColours, setup_.height, setup_.width);
    std::swap(out, rack.picture);
  }
  if (cued_) main_ = out;
  return shows;
}

// Between its ends the chains of the crossfader take turns too.
bool ChainPlayer::play_crossfade(const Frame& frame, Planes& out, const Around& around) {
  const double share = cross_.at(frame.time.seconds);
  if (!cued_ || share <= 0) return play_main(frame, out, around);
  cued_turn_ = !main_.empty() && (cued_->picture.empty() || !cued_turn_);
  if (cued_turn_) {
    play_or_black(*cued_, frame, around);
  } else {
    play_main(frame, out, around);
  }
  racks_.back()->now = cued_->now = frame.time.seconds;
  out = main_;
  if (!cued_->picture.empty()) blend(out, cued_->picture, share);
  return true;
}

bool ChainPlayer::process(const Frame& frame, Planes& out, const Around& around) {
  std::erase_if(retired_, [](const auto& rack) { return !rack->busy(); });
  bool shows = true;
  if (held_) {
    out = still_;
  } else {
    shows = play_crossfade(frame, out, around);
  }
  // the next chain fades in over it, whatever was held or switched off meanwhile
  if (job_) shown_ = cued_ && !main_.empty() ? main_ : out;
  if (job_ && !job_->rack.started()) start_job(*job_, frame);
  if (cue_job_ && !cue_job_->rack.started()) start_job(*cue_job_, frame);
  if (frozen_ && !held_) {
    still_ = out;
    held_ = true;
  }
  const double light = light_.at(frame.time.seconds);
  if (light < 1) {
    for (float& v : out.data()) v *= static_cast<float>(light);
  }
  return shows;
}

Chain ChainPlayer::chain() const {
  return job_ ? job_->wanted.chain : playing();
}

Chain ChainPlayer::playing() const {
  return racks_.back()->chain();
}

std::vector<std::pair<std::string, ParameterValues>> ChainPlayer::values() const {
  std::vector<std::pair<std::string, ParameterValues>> all;
  for (const auto& slot : racks_.back()->slots) all.emplace_back(slot->name, slot->player->values());
  return all;
}

bool ChainPlayer::fading() const {
  if (racks_.size() > 1) return true;
  return std::any_of(racks_.back()->slots.begin(), racks_.back()->slots.end(),
                     [](const auto& slot) { return slot->player->fading(); });
}

bool ChainPlayer::needs_flow() const {
  const auto of_slot = [](const auto& slot) { return slot->player->needs_flow(); };
  const auto of_rack = [&](const auto& rack) {
    return std::any_of(rack->slots.begin(), rack->slots.end(), of_slot);
  };
  const bool crosses = cued_ && (cross_.from > 0 || cross_.to > 0);
  return !held_ && (std::any_of(racks_.begin(), racks_.end(), of_rack) || (crosses && of_rack(cued_)));
}

}  // namespace reverie
