// The same of effects that need LibTorch, with the models that ship.
#include "resume.h"

namespace reverie {
namespace {

TEST_F(ResumeCommand, ADreamedVideoGoesOn) {
  expect_same("dream clip.mkv --frames 24 --steps 3 --octaves 2 --threads 2", "mkv");
}

TEST_F(ResumeCommand, ADreamThatAnotherThreadIsAtGoesOn) {
  expect_same("dream clip.mkv --frames 24 --steps 3 --octaves 2 --threads 2 --set every=3 --set inertia=0.5",
              "mkv");
}

TEST_F(ResumeCommand, AnEndlessDreamGoesOn) {
  expect_same("dream noise --size 96x64 --frames 24 --steps 2 --octaves 2 --threads 2 --set zoom=1.03",
              "mp4");
}

TEST_F(ResumeCommand, AMogrifiedVideoGoesOn) {
  expect_same("mogrify clip.mkv --frames 40 --threads 2 --set smooth=0.5", "mp4");
}

TEST_F(ResumeCommand, AWalkThroughCodesGoesOn) {
  expect_same("render latent --size 128x96 --frames 60 --threads 2 --set scroll_x=2", "mkv");
}

TEST_F(ResumeCommand, WhatWatchHasSeenGoesOn) {
  expect_same("render gestures --input clip.mkv --frames 400 --threads 2 --set watch.show=true", "mkv");
}

}  // namespace
}  // namespace reverie
