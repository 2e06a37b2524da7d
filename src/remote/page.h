#pragma once

#include <string_view>

namespace reverie {

// page.html, as it was when this was built.
std::string_view remote_page();

}  // namespace reverie
