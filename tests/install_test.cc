// Installed anywhere, and as Debian's packages: everything is found there, and nothing of the source tree is
// needed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "command.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

bool has_program(const std::string& name) {
  return shell("command -v " + name).status == 0;
}

// A home without anything in it, elsewhere.
std::string away(const TestFolder& folder) {
  fs::create_directories(folder.path() / "home");
  return fmt::format("cd '{0}' && env -u REVERIE_ROOT -u REVERIE_PRESETS HOME='{0}' ", folder.file("home"));
}

void expect_whole(const TestFolder& folder, const fs::path& prefix) {
  const std::string reverie = away(folder) + (prefix / "bin/reverie").string() + " ";
  const Outcome doctor = shell(reverie + "doctor");
  EXPECT_NE(doctor.out.find("presets    " + fs::canonical(prefix).string() + "/share/reverie/presets\n"),
            std::string::npos)
      << doctor.out << doctor.err;
  EXPECT_EQ(doctor.out.find("presets    " + std::string(REVERIE_SOURCE)), std::string::npos) << doctor.out;
  // palettes, and a model that a preset names
  const Outcome render = shell(reverie + "render canvas --size 64x48 --frames 2 --set preroll=0 -q -o a.mkv");
  EXPECT_EQ(render.status, 0) << render.err;
  const fs::path share = prefix / "share";
  for (const char* file :
       {"man/man1/reverie.1.gz", "man/man1/reverie-render.1.gz", "man/man1/reverie-data-import.1.gz",
        "bash-completion/completions/reverie", "zsh/vendor-completions/_reverie",
        "fish/vendor_completions.d/reverie.fish", "applications/reverie.desktop",
        "icons/hicolor/scalable/apps/reverie.svg", "metainfo/reverie.metainfo.xml"})
    EXPECT_TRUE(fs::exists(share / file)) << file;
  const fs::path plugin = prefix / "lib/frei0r-1/reverie.so";
  if (!fs::exists(plugin) || shell("ffmpeg -v error -filters | grep -w frei0r").status != 0) return;
  const Outcome hosted = shell(
      away(folder) + fmt::format("FREI0R_PATH='{}' ffmpeg -v error -y -f lavfi -i testsrc2=s=64x48:d=0.1 "
                                 "-vf frei0r=reverie:ukiyo hosted.mkv",
                                 plugin.parent_path().string()));
  EXPECT_EQ(hosted.status, 0);
  EXPECT_EQ(hosted.err, "");
}

class Install : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TestFolder("install");
    const Outcome o = shell(fmt::format("cmake --install '{}' --prefix '{}/there'", REVERIE_BUILD_FOLDER,
                                        folder_->path().string()));
    ASSERT_EQ(o.status, 0) << o.err;
  }
  static void TearDownTestSuite() { delete folder_; }
  static fs::path share() { return folder_->path() / "there/share"; }
  static TestFolder* folder_;
};
TestFolder* Install::folder_ = nullptr;

TEST_F(Install, WorksFromAnyPrefix) {
  expect_whole(*folder_, folder_->path() / "there");
  fs::rename(folder_->path() / "there", folder_->path() / "moved");
  expect_whole(*folder_, folder_->path() / "moved");
  fs::rename(folder_->path() / "moved", folder_->path() / "there");
}

TEST_F(Install, ManualsAreWithoutFaults) {
  const Outcome page = shell(fmt::format("zcat '{}/man/man1/reverie-render.1.gz'", share().string()));
  EXPECT_NE(page.out.find(".SH NAME\nreverie\\-render \\- make a video"), std::string::npos) << page.out;
  EXPECT_NE(page.out.find("\\fB\\-\\-deinterlace\\fR"), std::string::npos);
  EXPECT_NE(page.out.find("crop|pad|stretch"), std::string::npos);
  if (!has_program("groff")) GTEST_SKIP() << "no groff";
  const Outcome checked =
      shell(fmt::format("for f in '{}'/man/man1/*.gz; do zcat $f | groff -man -Tutf8 -ww -z 2>&1 | grep -v "
                        "\"can't\" ; done; true",
                        share().string()));
  EXPECT_EQ(checked.out, "");
}

TEST_F(Install, BashCompletes) {
  const auto complete = [](const std::string& words) {
    const auto all = split(words, ' ');
    std::string quoted;
    for (const std::string& w : all) quoted += "'" + w + "' ";
    return " " +
           shell(
               fmt::format(
                   "bash -c 'compopt() {{ :; }}; . \"{}/bash-completion/completions/reverie\"; reverie() {{ "
                   "\"{}\" \"$@\"; }}; PATH=\"{}:$PATH\"; COMP_WORDS=({}); COMP_CWORD={}; _reverie; echo "
                   "\"${{COMPREPLY[@]}}\"'",
                   share().string(), REVERIE_COMMAND, fs::path(REVERIE_COMMAND).parent_path().string(),
                   join(all, " ") + (words.ends_with(' ') ? "\"\"" : ""), all.size() - 1))
               .out;
  };
  EXPECT_NE(complete("reverie ren").find(" render"), std::string::npos);
  EXPECT_NE(complete("reverie render --fit ").find("crop pad stretch"), std::string::npos);
  EXPECT_NE(complete("reverie render --deint").find("--deinterlace"), std::string::npos);
  EXPECT_NE(complete("reverie render uki").find("ukiyo"), std::string::npos);
  EXPECT_NE(complete("reverie data im").find("import"), std::string::npos);
  EXPECT_EQ(complete("reverie man").find("manual"), std::string::npos) << "it is hidden";
}

TEST_F(Install, OtherShellsCanReadTheirs) {
  if (has_program("zsh")) {
    const Outcome o = shell(fmt::format("zsh -n '{}/zsh/vendor-completions/_reverie'", share().string()));
    EXPECT_EQ(o.status, 0) << o.err;
  }
  if (has_program("fish")) {
    const Outcome o =
        shell(fmt::format("HOME='{0}' fish -c 'source {1}/fish/vendor_completions.d/reverie.fish; complete "
                          "-C \"reverie render --fit \"'",
                          folder_->path().string(), share().string()));
    EXPECT_NE(o.out.find("crop"), std::string::npos) << o.out << o.err;
  }
  if (!has_program("zsh") && !has_program("fish")) GTEST_SKIP() << "neither zsh nor fish";
}

TEST_F(Install, TheDesktopKnowsIt) {
  if (!fs::exists(share() / "applications")) GTEST_SKIP() << "without play";
  if (has_program("desktop-file-validate")) {
    const Outcome o =
        shell(fmt::format("desktop-file-validate '{}/applications/reverie.desktop'", share().string()));
    EXPECT_EQ(o.status, 0) << o.out << o.err;
  }
  if (has_program("appstreamcli")) {
    const Outcome o = shell(
        fmt::format("appstreamcli validate --no-net '{}/metainfo/reverie.metainfo.xml'", share().string()));
    EXPECT_EQ(o.out.find("E: "), std::string::npos) << o.out << o.err;  // its name has no domain: a warning
  }
}

TEST(Packages, AreMadeAndWorkWithoutTheTree) {
  if (!has_program("dpkg-shlibdeps")) GTEST_SKIP() << "needs dpkg-dev";
  const TestFolder folder("deb");
  const Outcome made = shell(fmt::format("cd '{0}' && cpack -G DEB -B '{1}' --config '{0}/CPackConfig.cmake'",
                                         REVERIE_BUILD_FOLDER, folder.file("made")));
  ASSERT_EQ(made.status, 0) << made.out << made.err;
  const std::string deb = std::string(trim(shell("ls " + folder.file("made") + "/reverie_*.deb").out));
  ASSERT_TRUE(fs::exists(deb));
  const std::string needs = shell("dpkg-deb -f '" + deb + "' Depends").out;
  for (const char* library : {"libc6 (>=", "libavformat", "libsdl2", "librtmidi", "libopencv-video"})
    EXPECT_NE(needs.find(library), std::string::npos) << needs;
  EXPECT_EQ(needs.find("libtorch"), std::string::npos) << needs;
  ASSERT_EQ(shell(fmt::format("dpkg-deb -x '{}' '{}'", deb, folder.file("root"))).status, 0);
  expect_whole(folder, folder.path() / "root/usr");
  for (const auto& e : fs::recursive_directory_iterator(folder.path() / "root")) {
    const std::string path = e.path().string().substr(folder.file("root").size());
    EXPECT_TRUE(e.is_directory() || path.starts_with("/usr/")) << path;
  }
  if (!has_program("lintian")) return;
  const Outcome lint = shell("lintian --allow-root --fail-on error " + folder.file("made") + "/*.deb");
  EXPECT_EQ(lint.status, 0) << lint.out << lint.err;
}

}  // namespace
}  // namespace reverie
