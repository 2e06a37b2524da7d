#include "play/drawing.h"

#define GL_GLEXT_PROTOTYPES
#include <SDL_opengl.h>
#include <imgui.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "core/error.h"

namespace reverie {
namespace {

enum Attribute : unsigned { kPlace, kFrom, kTint };

// Older shaders have other words.
constexpr const char* kVertexWords = R"(
#if __VERSION__ < 130
#define in attribute
#define out varying
#endif
)";
constexpr const char* kFragmentWords = R"(
#if __VERSION__ < 130
#define in varying
#define texture texture2D
#define shown gl_FragColor
#else
out vec4 shown;
#endif
#if defined(GL_ES) && defined(GL_FRAGMENT_PRECISION_HIGH)
precision highp float;
#elif defined(GL_ES)
precision mediump float;
#endif
)";

constexpr const char* kPictureVertices = R"(
in vec3 place;
in vec2 from;
out vec2 at;
void main() {
  at = from;
  gl_Position = vec4(place.xy, 0.0, place.z);
})";
constexpr const char* kPictureFragments = R"(
in vec2 at;
uniform sampler2D picture;
void main() { shown = texture(picture, at); })";

constexpr const char* kPanelVertices = R"(
in vec2 place;
in vec2 from;
in vec4 tint;
uniform vec4 view;
out vec2 at;
out vec4 colour;
void main() {
  at = from;
  colour = tint;
  gl_Position = vec4(place * view.xy + view.zw, 0.0, 1.0);
})";
constexpr const char* kPanelFragments = R"(
in vec2 at;
in vec4 colour;
uniform sampler2D picture;
void main() { shown = colour * texture(picture, at); })";

void add_shader(unsigned program, unsigned type, const OpenGlKind& kind, const char* words,
                const char* text) {
  const unsigned shader = glCreateShader(type);
  const std::array<const char*, 3> parts = {kind.shading, words, text};
  glShaderSource(shader, static_cast<int>(parts.size()), parts.data(), nullptr);
  glCompileShader(shader);
  glAttachShader(program, shader);
  glDeleteShader(shader);  // with the program
}

unsigned make_program(const OpenGlKind& kind, const char* vertices, const char* fragments) {
  const unsigned program = glCreateProgram();
  add_shader(program, GL_VERTEX_SHADER, kind, kVertexWords, vertices);
  add_shader(program, GL_FRAGMENT_SHADER, kind, kFragmentWords, fragments);
  glBindAttribLocation(program, kPlace, "place");
  glBindAttribLocation(program, kFrom, "from");
  glBindAttribLocation(program, kTint, "tint");
  glLinkProgram(program);
  int linked = 0;
  glGetProgramiv(program, GL_LINK_STATUS, &linked);
  if (linked != 0) return program;
  std::array<char, 500> log{};
  glGetProgramInfoLog(program, static_cast<int>(log.size()), nullptr, log.data());
  const std::string why = log.data();
  throw Error("draw with", kind.name, why.substr(0, why.find('\n')), "try another, as REVERIE_OPENGL=2");
}

// A place in the buffer that is bound, which OpenGL takes as a pointer.
const void* in_buffer(size_t at) {
  return reinterpret_cast<const void*>(at);  // NOLINT(performance-no-int-to-ptr)
}

void read_floats(Attribute attribute, int count, size_t stride, size_t at) {
  glVertexAttribPointer(attribute, count, GL_FLOAT, GL_FALSE, static_cast<int>(stride), in_buffer(at));
}

template <typename T>
void send(unsigned target, const T* items, size_t count) {
  glBufferData(target, static_cast<GLsizeiptr>(count * sizeof(T)), items, GL_STREAM_DRAW);
}

// What Dear ImGui leaves out, in pixels of the window from its lower left corner.
void set_scissor(const ImVec4& clip, const ImDrawData& data, int height) {
  const ImVec2 scale = data.FramebufferScale, origin = data.DisplayPos;
  const float left = (clip.x - origin.x) * scale.x, right = (clip.z - origin.x) * scale.x;
  const float top = (clip.y - origin.y) * scale.y, bottom = (clip.w - origin.y) * scale.y;
  glScissor(static_cast<int>(left), static_cast<int>(static_cast<float>(height) - bottom),
            std::max(0, static_cast<int>(right - left)), std::max(0, static_cast<int>(bottom - top)));
}

}  // namespace

Drawing::Drawing(const OpenGlKind& kind)
    : picture_(make_program(kind, kPictureVertices, kPictureFragments)),
      panels_(make_program(kind, kPanelVertices, kPanelFragments)) {
  view_ = glGetUniformLocation(panels_, "view");
  if (kind.major >= 3) {  // which must have one
    unsigned array = 0;
    glGenVertexArrays(1, &array);
    glBindVertexArray(array);
  }
  std::array<unsigned, 2> buffers{};
  glGenBuffers(2, buffers.data());
  glBindBuffer(GL_ARRAY_BUFFER, buffers[0]);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers[1]);
  glEnableVertexAttribArray(kPlace);
  glEnableVertexAttribArray(kFrom);
  glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
}

void Drawing::clear(int width, int height) const {
  glViewport(0, 0, width, height);
  glClearColor(0, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
}

// Two triangles and no colours: what software drivers know a faster way for.
void Drawing::picture(unsigned texture, const std::array<DrawnCorner, 4>& c) const {
  const std::array<DrawnCorner, 6> triangles = {c[0], c[1], c[2], c[2], c[1], c[3]};
  glUseProgram(picture_);
  glBindTexture(GL_TEXTURE_2D, texture);
  send(GL_ARRAY_BUFFER, triangles.data(), triangles.size());
  read_floats(kPlace, 3, sizeof(DrawnCorner), offsetof(DrawnCorner, x));
  read_floats(kFrom, 2, sizeof(DrawnCorner), offsetof(DrawnCorner, u));
  glDrawArrays(GL_TRIANGLES, 0, static_cast<int>(triangles.size()));
}

void Drawing::panels(const ImDrawData& data) const {
  const ImVec2 size = data.DisplaySize, scale = data.FramebufferScale, origin = data.DisplayPos;
  const int width = static_cast<int>(size.x * scale.x), height = static_cast<int>(size.y * scale.y);
  if (width <= 0 || height <= 0) return;
  glViewport(0, 0, width, height);
  glUseProgram(panels_);
  glUniform4f(view_, 2 / size.x, -2 / size.y, -1 - 2 * origin.x / size.x, 1 + 2 * origin.y / size.y);
  glEnable(GL_BLEND);
  glEnable(GL_SCISSOR_TEST);
  glEnableVertexAttribArray(kTint);
  for (int i = 0; i < data.CmdListsCount; ++i) {
    const ImDrawList& list = *data.CmdLists[i];
    send(GL_ARRAY_BUFFER, list.VtxBuffer.Data, static_cast<size_t>(list.VtxBuffer.Size));
    send(GL_ELEMENT_ARRAY_BUFFER, list.IdxBuffer.Data, static_cast<size_t>(list.IdxBuffer.Size));
    read_floats(kPlace, 2, sizeof(ImDrawVert), offsetof(ImDrawVert, pos));
    read_floats(kFrom, 2, sizeof(ImDrawVert), offsetof(ImDrawVert, uv));
    glVertexAttribPointer(kTint, 4, GL_UNSIGNED_BYTE, GL_TRUE, sizeof(ImDrawVert),
                          in_buffer(offsetof(ImDrawVert, col)));
    for (const ImDrawCmd& c : list.CmdBuffer) {
      set_scissor(c.ClipRect, data, height);
      glBindTexture(GL_TEXTURE_2D, static_cast<unsigned>(reinterpret_cast<intptr_t>(c.GetTexID())));
      static_assert(sizeof(ImDrawIdx) == 2);
      glDrawElements(GL_TRIANGLES, static_cast<int>(c.ElemCount), GL_UNSIGNED_SHORT,
                     in_buffer(c.IdxOffset * sizeof(ImDrawIdx)));
    }
  }
  glDisableVertexAttribArray(kTint);
  glDisable(GL_SCISSOR_TEST);
  glDisable(GL_BLEND);
}

}  // namespace reverie
