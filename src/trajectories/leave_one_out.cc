#include "trajectories/leave_one_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/random.h"
#include "core/stop.h"
#include "trajectories/bag_of_words.h"
#include "trajectories/chi_square_svm.h"

namespace reverie {
namespace {

size_t z(int i) {
  return static_cast<size_t>(i);
}

void append(Rows& rows, const std::array<float, kTrackValues>& values, const TrackChannel& channel) {
  rows.length = channel.count;
  rows.values.insert(rows.values.end(), values.begin() + channel.first,
                     values.begin() + channel.first + channel.count);
}

// A channel of so many descriptors of the clips, drawn at random.
Rows sampled(const std::vector<const LabelledClip*>& clips, const TrackChannel& channel, int most,
             Random draws) {
  std::vector<const std::array<float, kTrackValues>*> all;
  for (const LabelledClip* clip : clips) {
    for (const auto& t : clip->tracks) all.push_back(&t);
  }
  const size_t count = std::min(all.size(), z(most));
  for (size_t i = 0; i < count; ++i) std::swap(all[i], all[i + draws.bits() % (all.size() - i)]);
  Rows rows;
  rows.length = channel.count;
  for (size_t i = 0; i < count; ++i) append(rows, *all[i], channel);
  return rows;
}

std::vector<Codebook> make_books(const std::vector<const LabelledClip*>& clips, const RecognitionSettings& s,
                                 Threads& threads) {
  std::vector<Codebook> books;
  for (size_t c = 0; c < kTrackChannels.size(); ++c) {
    const Random draws = Random(s.seed).split(c);
    books.emplace_back(sampled(clips, kTrackChannels[c], s.samples, draws.split(0)), s.words,
                       draws.split(1).key(), threads);
  }
  return books;
}

ChannelHistograms histograms_of(const LabelledClip& clip, const std::vector<Codebook>& books,
                                Threads& threads) {
  ChannelHistograms out;
  for (size_t c = 0; c < books.size(); ++c) {
    Rows rows;
    for (const auto& t : clip.tracks) append(rows, t, kTrackChannels[c]);
    out.push_back(word_histogram(books[c], rows, threads));
  }
  return out;
}

void check(const std::vector<LabelledClip>& clips, const std::vector<std::string>& labels, size_t groups) {
  if (groups < 2 || labels.size() < 2)
    throw Error("evaluate", "the clips",
                fmt::format("they have {} group{} and {} label{}", groups, groups == 1 ? "" : "s",
                            labels.size(), labels.size() == 1 ? "" : "s"),
                "give a folder for each label, with clips of two people or more");
  for (const LabelledClip& clip : clips) {
    const bool known = std::any_of(clips.begin(), clips.end(), [&](const LabelledClip& other) {
      return other.label == clip.label && other.group != clip.group;
    });
    if (!known)
      throw Error("evaluate", clip.name,
                  fmt::format("no other group has a clip of '{}'", labels[z(clip.label)]));
  }
}

}  // namespace

double RecognitionResult::right() const {
  int good = 0;
  int all = 0;
  for (size_t i = 0; i < confusion.size(); ++i) {
    for (size_t j = 0; j < confusion.size(); ++j) {
      all += confusion[i][j];
      if (i == j) good += confusion[i][j];
    }
  }
  return all == 0 ? 0 : static_cast<double>(good) / all;
}

RecognitionResult leave_one_group_out(const std::vector<LabelledClip>& clips,
                                      const std::vector<std::string>& labels,
                                      const RecognitionSettings& settings, Threads& threads,
                                      const std::function<void(int, int)>& before) {
  std::set<int> groups;
  for (const LabelledClip& clip : clips) groups.insert(clip.group);
  check(clips, labels, groups.size());
  RecognitionResult result;
  result.confusion.assign(labels.size(), std::vector<int>(labels.size()));
  int fold = 0;
  for (const int left_out : groups) {
    if (stop_requested()) throw Stopped();
    if (before) before(fold++, static_cast<int>(groups.size()));
    std::vector<const LabelledClip*> others;
    for (const LabelledClip& clip : clips) {
      if (clip.group != left_out) others.push_back(&clip);
    }
    const std::vector<Codebook> books = make_books(others, settings, threads);
    std::vector<ChannelHistograms> examples;
    std::vector<int> their_labels;
    for (const LabelledClip* clip : others) {
      examples.push_back(histograms_of(*clip, books, threads));
      their_labels.push_back(clip->label);
    }
    const ChiSquareSvm machine(std::move(examples), their_labels, static_cast<int>(labels.size()),
                               settings.c);
    for (const LabelledClip& clip : clips) {
      if (clip.group != left_out) continue;
      const int answer = machine.classify(histograms_of(clip, books, threads));
      ++result.confusion[z(clip.label)][z(answer)];
      if (answer != clip.label)
        result.mistaken.push_back(fmt::format("{} as {}", clip.name, labels[z(answer)]));
    }
  }
  return result;
}

}  // namespace reverie
