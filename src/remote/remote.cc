#include "remote/remote.h"

#include <fmt/format.h>

#include <libwebsockets.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "media/picture.h"
#include "pipeline/thumbnail.h"
#include "pipeline/thumbnails.h"
#include "remote/page.h"
#include "remote/remote_command.h"
#include "remote/remote_guard.h"

namespace reverie {
namespace {

using Clock = std::chrono::steady_clock;
using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

constexpr auto kTick = std::chrono::milliseconds(50);
constexpr auto kPictureEvery = std::chrono::milliseconds(80);
constexpr auto kPairWithin = std::chrono::seconds(20);
constexpr int kPictureWidth = 360;     // pixels
constexpr size_t kMostMessages = 300;  // a second, of one connection
constexpr size_t kMostThumbnails = 250;
constexpr int kMostAtOnce = 256;
// The first byte of what is not text: what the rest is.
constexpr uint8_t kPicture = 1,
                  kThumbnail = 2;  // a thumbnail has its preset's place in the list, two bytes, first

std::string own_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

bool is_local(const std::string& host) {
  return host.starts_with("127.") || host == "localhost";
}

std::string header(lws* wsi, lws_token_indexes token) {
  std::array<char, 512> text{};
  const int size = lws_hdr_copy(wsi, text.data(), text.size(), token);
  return size > 0 ? std::string(text.data(), static_cast<size_t>(size)) : std::string();
}

Bytes with_head(std::initializer_list<uint8_t> head, const Planes& picture) {
  auto bytes = std::make_shared<std::vector<uint8_t>>(head);
  const std::vector<uint8_t> jpeg = jpeg_of(picture);
  bytes->insert(bytes->end(), jpeg.begin(), jpeg.end());
  return bytes;
}

}  // namespace

class Remote::Server {
 public:
  Server(Desk& desk, const LiveSet& set, const RemoteSettings& settings, DeviceActions actions);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  const std::string& code() const { return code_.text(); }
  const std::string& host() const { return settings_.host; }
  RemoteCounts counts() const;

 private:
  // One open page.  What it is still to be told is only marked here: the newest is sent when the line is
  // free.
  struct Page {
    lws* wsi = nullptr;
    bool paired = false;
    Clock::time_point since = Clock::now(), second = since;
    size_t messages = 0;  // in this second
    std::string message;  // as far as it has arrived
    bool layout = false, values = false, picture = false, told_code = false;
    std::string answer;    // to what was refused
    size_t thumbnail = 0;  // the next one
  };

  static int call(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size);
  int on(lws* wsi, lws_callback_reasons reason, Page** user, void* in, size_t size);
  int refuse() { return ++refused_, -1; }
  bool knows_host(lws* wsi) const { return host_is_ours(header(wsi, WSI_TOKEN_HOST), name_); }
  int answer_http(lws* wsi, const char* path);
  int hear(Page& page, const char* bytes, size_t size);
  int obey_message(Page& page);
  int tell(Page& page);
  void welcome(Page& page);
  void tick();
  void look_at_desk();
  void look_at_picture(Clock::time_point now);
  void look_at_thumbnails();
  void wake(Page& page) const { lws_callback_on_writable(page.wsi); }
  static int send(lws* wsi, lws_write_protocol kind, const void* bytes, size_t size);

  Desk& desk_;
  const LiveSet& set_;
  RemoteSettings settings_;
  DeviceActions actions_;
  PairingCode code_;
  std::string name_ = own_name();
  lws_context* context_ = nullptr;
  int port_ = 0;

  // of the server's thread
  std::set<Page*> pages_;
  int connections_ = 0;
  std::set<const lws*> asking_;  // those without a whole request yet
  uint64_t calls_ = 0;
  std::string layout_, values_;
  uint64_t version_ = 0;
  bool black_ = false, frozen_ = false, seen_ = false;
  int64_t frame_ = -1;
  Bytes picture_;
  Clock::time_point pictured_;
  std::vector<PresetEntry> presets_;
  std::vector<bool> has_thumbnail_;
  std::vector<Bytes> thumbnail_bytes_;  // as they came: some presets have none
  Thumbnails thumbnails_;

  std::atomic<uint64_t> let_in_{0}, refused_{0}, silent_{0}, malformed_{0};
  std::atomic<int> open_{0}, paired_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Remote::Server::Server(Desk& desk, const LiveSet& set, const RemoteSettings& settings, DeviceActions actions)
    : desk_(desk),
      set_(set),
      settings_(settings),
      actions_(std::move(actions)),
      code_(!settings.code.empty() || is_local(settings.host) ? settings.code : draw_pairing_code()) {
  lws_set_log_level(0, nullptr);
  static const std::array<lws_protocols, 2> protocols = {{
      {"reverie", call, sizeof(void*), kLongestRemoteMessage, 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0},
  }};
  static const lws_retry_bo_t patience = [] {
    lws_retry_bo_t p{};
    p.secs_since_valid_ping = 5;
    p.secs_since_valid_hangup = 15;
    return p;
  }();
  lws_context_creation_info info{};
  info.port = settings.port;
  info.iface = settings.host == "0.0.0.0" ? nullptr : settings_.host.c_str();
  info.protocols = protocols.data();
  info.user = this;
  info.options = LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
  info.fd_limit_per_thread = 2 * kMostConnections + 8;  // those beyond the most are accepted and closed
  info.timeout_secs = 5;
  info.timeout_secs_ah_idle = 5;                 // for a whole request
  info.max_http_header_pool = kMostConnections;  // nobody waits for another's
  info.keepalive_timeout = 5;
  info.retry_and_idle_policy = &patience;
  info.server_string = "reverie";
  context_ = lws_create_context(&info);
  lws_vhost* host = context_ ? lws_get_vhost_by_name(context_, "default") : nullptr;
  port_ = host ? lws_get_vhost_listen_port(host) : 0;
  if (!context_ || port_ <= 0) {
    if (context_) lws_context_destroy(context_);
    throw Error("serve the page", fmt::format("{}:{}", settings.host, settings.port),
                "the port is taken, or this machine has no such address", "give another with --remote");
  }
  thread_ = std::thread([this] {
    Clock::time_point next = Clock::now();
    while (!stop_) {
      // its own timer would need the library's clock
      const auto now = Clock::now();
      if (now >= next) {
        tick();
        next = now + kTick;
      }
      // what there is; a crowd at the door comes one by one
      uint64_t before = 0;
      for (int i = 0; i < kMostAtOnce; ++i) {
        before = calls_;
        lws_service(context_, -1);
        if (calls_ == before) break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(pages_.empty() ? 20 : 5));
    }
  });
}

Remote::Server::~Server() {
  stop_ = true;
  thread_.join();
  lws_context_destroy(context_);
  for (Page* page : pages_) delete page;
}

RemoteCounts Remote::Server::counts() const {
  return {let_in_, refused_, silent_, malformed_, open_, paired_};
}

int Remote::Server::call(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size) {
  lws_context* context = wsi ? lws_get_context(wsi) : nullptr;
  auto* server = context ? static_cast<Server*>(lws_context_user(context)) : nullptr;
  if (!server) return 0;
  try {
    return server->on(wsi, reason, static_cast<Page**>(user), in, size);
  } catch (const std::exception&) {
    return -1;  // closes this connection
  }
}

int Remote::Server::on(lws* wsi, lws_callback_reasons reason, Page** user, void* in, size_t size) {
  ++calls_;
  switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
      return connections_ >= kMostConnections ? refuse() : 0;
    case LWS_CALLBACK_WSI_CREATE:
      ++connections_;
      asking_.insert(wsi);
      return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      --connections_;
      if (asking_.erase(wsi) > 0) ++silent_;
      return 0;
    case LWS_CALLBACK_HTTP:
      asking_.erase(wsi);
      return answer_http(wsi, static_cast<const char*>(in));
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: {
      asking_.erase(wsi);
      const std::string host = header(wsi, WSI_TOKEN_HOST);
      const bool speaks_ours = header(wsi, WSI_TOKEN_VERSION) == "13";
      return speaks_ours && knows_host(wsi) && origin_fits(header(wsi, WSI_TOKEN_ORIGIN), host) ? 0
                                                                                                : refuse();
    }
    case LWS_CALLBACK_ESTABLISHED:
      *user = new Page;
      (*user)->wsi = wsi;
      pages_.insert(*user);
      ++let_in_, ++open_;
      if (!code_.needed()) welcome(**user);
      wake(**user);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      return user && *user ? hear(**user, static_cast<const char*>(in), size) : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return user && *user ? tell(**user) : 0;
    case LWS_CALLBACK_CLOSED:
      if (user && *user && pages_.erase(*user) > 0) {
        --open_;
        if (lws_get_close_length(wsi) > 0) ++malformed_;  // the library says why it closes
        if ((*user)->paired) --paired_;
        delete *user;
        *user = nullptr;
      }
      return 0;
    default:
      return 0;
  }
}

int Remote::Server::answer_http(lws* wsi, const char* path) {
  const auto status = [&](unsigned code) {
    return lws_return_http_status(wsi, code, nullptr) < 0 || lws_http_transaction_completed(wsi) != 0 ? -1
                                                                                                      : 0;
  };
  if (!knows_host(wsi)) return ++refused_, status(HTTP_STATUS_FORBIDDEN);
  if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0) return status(HTTP_STATUS_METHOD_NOT_ALLOWED);
  if (std::string_view(path) != "/") return status(HTTP_STATUS_NOT_FOUND);
  const std::string_view page = remote_page();
  const std::string all = fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
      "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src "
      "'unsafe-inline'; img-src blob: data:; connect-src 'self' ws://{}; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'\r\nConnection: close\r\n\r\n{}",
      page.size(), header(wsi, WSI_TOKEN_HOST), page);
  std::vector<uint8_t> bytes(LWS_PRE);
  bytes.insert(bytes.end(), all.begin(), all.end());
  lws_write(wsi, bytes.data() + LWS_PRE, all.size(), LWS_WRITE_HTTP_HEADERS);
  return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

int Remote::Server::hear(Page& page, const char* bytes, size_t size) {
  const bool text = lws_frame_is_binary(page.wsi) == 0;
  if (!text || page.message.size() + size > kLongestRemoteMessage) return ++malformed_, -1;
  page.message.append(bytes, size);
  if (lws_is_final_fragment(page.wsi) == 0 || lws_remaining_packet_payload(page.wsi) > 0) return 0;
  const auto now = Clock::now();
  if (now - page.second > std::chrono::seconds(1)) page.second = now, page.messages = 0;
  if (++page.messages > kMostMessages) return refuse();
  return obey_message(page);
}

int Remote::Server::obey_message(Page& page) {
  const std::string text = std::exchange(page.message, "");
  RemoteCommand command;
  try {
    command = parse_remote_command(text);
  } catch (const std::exception&) {
    ++malformed_;
    return page.paired ? 0 : -1;
  }
  if (command.kind == RemoteCommand::Kind::kPair) {
    if (page.paired) return 0;
    if (!code_.fits(command.what, Clock::now())) return refuse();
    welcome(page);
    return 0;
  }
  if (!page.paired) return refuse();
  try {
    obey(command, desk_, actions_);
  } catch (const std::exception& e) {
    page.answer = printable(e.what());
    wake(page);
  }
  return 0;
}

void Remote::Server::welcome(Page& page) {
  page.paired = true;
  ++paired_;
  page.layout = page.values = page.picture = true;
  look_at_desk();
  wake(page);
}

int Remote::Server::send(lws* wsi, lws_write_protocol kind, const void* bytes, size_t size) {
  std::vector<uint8_t> room(LWS_PRE + size);
  std::copy_n(static_cast<const uint8_t*>(bytes), size, room.data() + LWS_PRE);
  return lws_write(wsi, room.data() + LWS_PRE, size, kind) < static_cast<int>(size) ? -1 : 0;
}

// One message each time the line is free.
int Remote::Server::tell(Page& page) {
  const auto text = [&](const std::string& s) {
    wake(page);
    return send(page.wsi, LWS_WRITE_TEXT, s.data(), s.size());
  };
  if (!page.paired) {
    if (std::exchange(page.told_code, true)) return 0;
    return text(R"({"pair":true})");
  }
  if (std::exchange(page.layout, false)) return text(layout_);
  if (std::exchange(page.values, false)) return text(values_);
  if (!page.answer.empty()) {
    std::string line = R"({"said":")";
    for (const char c : std::exchange(page.answer, "")) {
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
    return text(line + "\"}");
  }
  if (std::exchange(page.picture, false) && picture_) {
    wake(page);
    return send(page.wsi, LWS_WRITE_BINARY, picture_->data(), picture_->size());
  }
  if (page.thumbnail < thumbnail_bytes_.size()) {
    const Bytes bytes = thumbnail_bytes_[page.thumbnail++];
    wake(page);
    return send(page.wsi, LWS_WRITE_BINARY, bytes->data(), bytes->size());
  }
  return 0;
}

void Remote::Server::look_at_desk() {
  const bool black = desk_.is_black(), frozen = desk_.is_frozen();
  const uint64_t version = desk_.version();
  if (std::exchange(seen_, true) && version == version_ && black == black_ && frozen == frozen_) return;
  version_ = version, black_ = black, frozen_ = frozen;
  std::string layout = remote_layout(desk_), values = remote_values(desk_);
  if (layout != layout_) {
    layout_ = std::move(layout);
    presets_.clear();
    for (const PresetEntry& e : desk_.presets()) {
      if (e.error.empty() && presets_.size() < kMostThumbnails) presets_.push_back(e);
    }
    has_thumbnail_.assign(presets_.size(), false);
    thumbnail_bytes_.clear();
    for (Page* page : pages_) page->layout = true, page->thumbnail = 0;
  }
  if (values != values_) {
    values_ = std::move(values);
    for (Page* page : pages_) page->values = true;
  }
}

void Remote::Server::look_at_picture(Clock::time_point now) {
  if (now - pictured_ < kPictureEvery) return;
  const auto shown = set_.newest(frame_);
  if (!shown) return;
  pictured_ = now;
  frame_ = shown->frame;
  const Planes& whole = shown->picture;
  const int width = std::min(kPictureWidth, whole.width());
  const int height = std::max(1, whole.height() * width / whole.width());
  picture_ = with_head({kPicture}, resize(whole, height, width));
  for (Page* page : pages_) page->picture = true;
}

// One at a time: the set comes first.
void Remote::Server::look_at_thumbnails() {
  for (size_t i = 0; i < presets_.size(); ++i) {
    if (has_thumbnail_[i] || presets_[i].path.empty()) continue;
    const std::shared_ptr<const Planes> picture = thumbnails_.get(presets_[i]);
    if (!picture) continue;
    has_thumbnail_[i] = true;
    thumbnail_bytes_.push_back(
        with_head({kThumbnail, static_cast<uint8_t>(i >> 8U), static_cast<uint8_t>(i & 255U)},
                  first_picture(*picture)));
    return;
  }
}

void Remote::Server::tick() {
  const auto now = Clock::now();
  for (Page* page : pages_) {
    if (!page->paired && now - page->since > kPairWithin) {
      ++refused_;
      page->since = now;
      lws_set_timeout(page->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
  }
  if (paired_ == 0) return;
  look_at_desk();
  look_at_picture(now);
  look_at_thumbnails();
  for (Page* page : pages_) {
    const bool thumbnail = page->thumbnail < thumbnail_bytes_.size();
    if (page->paired && (page->layout || page->values || page->picture || thumbnail)) wake(*page);
  }
}

Remote::Remote(Desk& desk, const LiveSet& set, const RemoteSettings& settings, DeviceActions actions)
    : server_(std::make_unique<Server>(desk, set, settings, std::move(actions))) {}

Remote::~Remote() = default;

int Remote::port() const {
  return server_->port();
}

std::string Remote::code() const {
  return server_->code();
}

RemoteCounts Remote::counts() const {
  return server_->counts();
}

std::string Remote::greeting() const {
  const bool all = server_->host() == "0.0.0.0";
  const std::string host = all ? own_name() + ".local" : server_->host();
  return fmt::format("the page for the phone: http://{}:{}/{}", host, port(),
                     code().empty() ? "" : ", code " + code());
}

}  // namespace reverie
