#include "discover/map.h"

#include <fmt/format.h>

#include <vector>

#include "core/file.h"
#include "sheets/sheet.h"

namespace reverie {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostStripBytes = uint64_t{8} << 20U;
constexpr int kCell = 96;         // pixels a side, on the page
constexpr double kSeconds = 2.1;  // of a strip

std::string base64(const std::vector<uint8_t>& bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t v = 0;
    for (size_t k = 0; k < 3; ++k) v = v << 8U | (i + k < bytes.size() ? bytes[i + k] : 0U);
    for (size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : kDigits[v >> (18 - 6 * k) & 63U];
  }
  return out;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

Planes last_of(const Planes& strip) {
  const int side = strip.height();
  Planes out(3, side, side);
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < side; ++y) std::copy_n(strip.row(c, y) + strip.width() - side, side, out.row(c, y));
  }
  return out;
}

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Reverie: what was found</title><style>
body { margin: 2em; background: #121316; color: #d6d8dd; font: 14px system-ui, sans-serif; }
h1 { font-size: 18px; font-weight: 500; }
p, .axis { color: #8a8d94; }
main { display: grid; gap: 3px; width: max-content; }
button { width: 96px; height: 96px; border: 0; padding: 0; border-radius: 3px; cursor: pointer; background-size: auto 100%;
  animation: play 2.1s steps(15) infinite alternate; }
button:hover, button:focus { outline: 2px solid #d6d8dd; }
@keyframes play { from { background-position-x: 0 } to { background-position-x: -1440px } }
@media (prefers-reduced-motion: reduce) { button { animation: none; } }
i { width: 96px; height: 96px; background: #1a1c20; border-radius: 3px; }
#said { min-height: 1.5em; }
code { user-select: all; }
</style></head><body>
)";

constexpr const char* kTail = R"(<script>
const said = document.getElementById('said')
for (const b of document.querySelectorAll('button')) {
  const name = b.dataset.name
  b.onmouseenter = b.onfocus = () => { said.innerHTML = `<code>reverie play ${name}.toml</code> &nbsp; ${b.title}` }
  b.onclick = () => navigator.clipboard?.writeText(`reverie play ${name}.toml`)
}
</script></body></html>
)";

}  // namespace

Planes map_sheet(const fs::path& folder, const Archive& archive, const PictureFiles& files) {
  const int cells = archive.settings().cells;
  const int side = archive.settings().life.size;
  std::vector<SheetRow> rows;
  for (int row = cells - 1; row >= 0; --row) {
    SheetRow line;
    if (row == cells - 1) line.label = "more";
    if (row == 0) line.label = "less";
    if (row == cells / 2) line.label = archive.y().name;
    for (int column = 0; column < cells; ++column) {
      const Find* f = archive.at({column, row});
      Planes picture = f ? last_of(files.read(strip_file(folder, *f))) : blank_sheet(side, side);
      line.pictures.push_back(std::move(picture));
    }
    rows.push_back(std::move(line));
  }
  return labelled_rows(rows, fmt::format("{} of {} cells after {} tries; {} to the right", archive.count(),
                                         cells * cells, archive.tries, archive.x().name));
}

std::string map_page(const fs::path& folder, const Archive& archive) {
  const int cells = archive.settings().cells;
  std::string page = kHead;
  page += fmt::format(
      "<h1>{} processes in {} cells, after {} tries</h1>\n<p>To the right: {}. Upwards: {}. "
      "Click one to copy the command that plays it in this folder.</p>\n<p id=\"said\"></p>\n"
      "<main style=\"grid-template-columns: repeat({}, {}px)\">\n",
      archive.count(), cells * cells, archive.tries, archive.x().help, archive.y().help, cells, kCell);
  for (int row = cells - 1; row >= 0; --row) {
    for (int column = 0; column < cells; ++column) {
      const Find* f = archive.at({column, row});
      if (!f) {
        page += "<i></i>\n";
        continue;
      }
      page += fmt::format(
          "<button data-name=\"{0}\" title=\"{1}\" aria-label=\"{0}\" "
          "style=\"background-image:url(data:image/jpeg;base64,{2})\"></button>\n",
          f->name(), escaped(fmt::format("quality {:.2f}; {}", f->life.quality, f->preset.about)),
          base64(read_file(strip_file(folder, *f), kMostStripBytes)));
    }
  }
  return page + "</main>\n" + kTail;
}

}  // namespace reverie
