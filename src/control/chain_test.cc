#include "control/chain.h"

#include <gtest/gtest.h>

#include "control/chain_change.h"
#include "core/error.h"
#include "core/test_help.h"
#include "effects/effects.h"

namespace reverie {
namespace {

Chain no_other(const std::string& name) {
  throw Error("there is no preset " + name);
}

// Presets "a" and "b", and a chain "both" of them.
Chain some(const std::string& name) {
  Preset p;
  p.name = name;
  p.values.set("gain", name == "a" ? 1.5 : 2.5);
  if (name == "a") p.lfos.push_back({.parameter = "hue", .period = 3, .depth = 5});
  if (name == "a" || name == "b") return p;
  if (name != "both") return no_other(name);
  Chain both = some("a");
  append(both, some("b"));
  return both;
}

Chain parse(const std::string& text) {
  return parse_chain(text, "file.toml", some);
}

TEST(Chain, OnePresetIsAPlainChain) {
  const Chain chain = parse("about = \"x\"\n[parameters]\ngain = 2\n");
  EXPECT_TRUE(chain.plain());
  EXPECT_EQ(chain.name(), "file");
  EXPECT_EQ(chain.parts.at(0).name, "feedback");
  EXPECT_EQ(format_chain(chain), format_preset(chain.parts[0].preset));
}

TEST(Chain, PartsAreNamedByEffectOrAsTheFileSays) {
  const Chain chain =
      parse("chain = [\"a\", \"b\", {preset = \"a\", name = \"glass\"}, {effect = \"feedback\"}]\n");
  EXPECT_EQ(chain.part_names(), (std::vector<std::string>{"feedback", "feedback-2", "glass", "feedback-3"}));
  EXPECT_EQ(chain.part("feedback-2").preset.name, "b");
  EXPECT_FALSE(chain.plain());
  EXPECT_EQ(chain.name(), "file");
}

TEST(Chain, AChainInAChainBringsItsParts) {
  EXPECT_EQ(parse("chain = [\"both\", \"a\"]\n").part_names(),
            (std::vector<std::string>{"feedback", "feedback-2", "feedback-3"}));
}

TEST(Chain, ValuesAndModulationsAreSetForAPart) {
  const Chain chain = parse(
      "chain = [\"a\", \"b\"]\n"
      "[part.feedback-2.parameters]\nzoom = [1, 1.5]\n"
      "[[part.feedback-2.lfo]]\nparameter = \"gain\"\nperiod = 2\ndepth = 1\n"
      "[[part.feedback-2.sound]]\nparameter = \"hue\"\nfollows = \"feedback.motion\"\ndepth = 4\n"
      "[part.feedback]\nmodulate = false\n");
  EXPECT_EQ(chain.part("feedback-2").preset.values.number("zoom", 1), 1.5);
  EXPECT_EQ(chain.part("feedback-2").preset.values.number("gain"), 2.5);
  EXPECT_EQ(chain.part("feedback-2").preset.lfos.at(0).parameter, "gain");
  EXPECT_EQ(chain.part("feedback-2").preset.followers.at(0).signal, "feedback.motion");
  EXPECT_TRUE(chain.part("feedback").preset.lfos.empty());
}

TEST(Chain, WrittenAndReadAgainItIsTheSame) {
  Chain chain = parse(
      "about = \"two\"\ninput = \"required\"\nchain = [\"a\", {preset = \"b\", name = \"glass\"}]\n"
      "[part.glass.parameters]\nmix = 0.25\n"
      "[[part.glass.sound]]\nparameter = \"mix\"\nfollows = \"feedback.motion\"\ndepth = 0.5\n");
  chain.parts[1].preset.folder = "/presets \"x\"";
  chain.parts[1].preset.parent_folders = {"/base"};
  const std::string text = format_chain(chain);
  const Chain again = parse_chain(text, "file.toml", no_other);
  EXPECT_EQ(format_chain(again), text);
  EXPECT_EQ(again.part("glass").preset.name, "b");
  EXPECT_EQ(again.part("glass").preset.folder, "/presets \"x\"");
  EXPECT_EQ(again.part("glass").preset.parent_folders, (std::vector<std::filesystem::path>{"/base"}));
  EXPECT_EQ(again.input(), InputNeed::kRequired);
  EXPECT_EQ(again.about, "two");
}

TEST(Chain, WhatIsWrongNamesItsLine) {
  const std::pair<const char*, const char*> wrong[] = {
      {"chain = []\n", "'chain' names no part"},
      {"about = \"x\"\nchain = [\"nope\"]\n", "file.toml:2: there is no preset nope"},
      {"chain = [\"a\"]\n[part.feedback-2.parameters]\ngain = 1\n", "there is no part 'feedback-2'"},
      {"chain = [\"a\"]\n[parameters]\ngain = 1\n", "there is no key 'parameters' here"},
      {"chain = [{name = \"x\"}]\n", "a part has a 'preset' or an 'effect'"},
      {"chain = [{preset = \"both\", name = \"x\"}]\n", "several parts"},
      {"chain = [{preset = \"a\", name = \"output\"}]\n", "another meaning"},
      {"chain = [{preset = \"a\", name = \"a b\"}]\n", "letters, digits"},
      {"chain = [{preset = \"a\", name = \"x\"}, {preset = \"b\", name = \"x\"}]\n", "a part 'x' already"},
      {"chain = [\"a\"]\n[part.feedback.parameters]\ngian = 1\n",
       "file.toml:3: there is no parameter 'gian'"},
      {"parent = \"both\"\n", "only a single preset can be a parent"},
      {"chain = [3]\n", "a preset's name"},
  };
  for (const auto& [text, why] : wrong)
    EXPECT_NE(message_of([&, t = text] { parse(t); }).find(why), std::string::npos)
        << text << message_of([&, t = text] { parse(t); });
}

TEST(Chain, AddressesNameThePartOrFindTheFirst) {
  const Chain chain = parse("chain = [\"a\", {preset = \"b\", name = \"glass\"}]\n");
  EXPECT_EQ(find_address(chain, "zoom").part, "feedback");
  EXPECT_EQ(find_address(chain, "zoom.2").name, "zoom.2");
  const Address a = find_address(chain, "glass.zoom.2");
  EXPECT_EQ(a.part, "glass");
  EXPECT_EQ(a.name, "zoom.2");
  EXPECT_EQ(a.parameter, "zoom");
  EXPECT_NE(message_of([&] { find_address(chain, "glas.zoom"); }).find("did you mean 'glass'"),
            std::string::npos);
  EXPECT_NE(message_of([&] { find_address(chain, "glass.zom"); }).find("did you mean 'zoom'"),
            std::string::npos);
  Chain changed = chain;
  override_value(changed, "glass.zoom.1", "1.25");
  EXPECT_EQ(changed.part("glass").preset.values.number("zoom", 1), 1.25);
  EXPECT_EQ(changed.part("feedback").preset.values.number("zoom", 1), 1);
}

TEST(Chain, DrawsComeFromTheSeedAndTheName) {
  Chain alone = some("a");
  draw_seeds(alone, 7);
  EXPECT_EQ(alone.parts[0].seed, 7U);
  Chain two = parse("chain = [\"a\", \"b\"]\n");
  draw_seeds(two, 7);
  EXPECT_EQ(two.parts[0].seed, 7U);  // what was found alone stays as it is
  EXPECT_EQ(two.parts[1].seed, part_seed(7, "feedback-2"));
  EXPECT_NE(part_seed(7, "feedback-2"), part_seed(7, "feedback-3"));
  EXPECT_NE(part_seed(7, "feedback-2"), part_seed(8, "feedback-2"));
}

TEST(ChainChange, OneStepOfUndoIsOneEventWhereItCanBe) {
  const Chain ab = parse("chain = [\"a\", \"b\"]\n");
  const Chain abc = parse("chain = [\"a\", \"b\", \"a\"]\n");
  Chain bac = abc;
  std::swap(bac.parts[0], bac.parts[1]);
  const auto only = [](const std::vector<Event>& events) {
    EXPECT_EQ(events.size(), 1U);
    return events.at(0);
  };
  EXPECT_EQ(std::get<AddPart>(only(stepping(ab, abc, 1))).place, 2);
  EXPECT_EQ(std::get<RemovePart>(only(stepping(abc, ab, 1))).part, "feedback-3");
  EXPECT_EQ(std::get<MovePart>(only(stepping(abc, bac, 1))).place, 0);
  Chain turned = abc;
  turned.parts[1].preset.values.set("gain", 3);
  EXPECT_EQ(std::get<ChangePreset>(only(stepping(abc, turned, 1))).part, "feedback-2");
  EXPECT_EQ(std::get<ChangeChain>(only(replacing(ab, abc, 1))).chain.parts.size(), 3U);
  EXPECT_EQ(std::get<ChangePreset>(only(replacing(some("a"), some("b"), 1))).part, "");
  EXPECT_TRUE(stepping(abc, abc, 1).empty());
}

}  // namespace
}  // namespace reverie
