#include "core/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

#if defined(_WIN32)
#include <windows.h>
#else
#include <unistd.h>
#endif

namespace reverie {

namespace {

// The number in a file of the system's; < 0: there is none, or a word such as "max".
double number_in(const std::string& path) {
  std::ifstream in(path);
  double value = 0;
  return in >> value ? value : -1;
}

}  // namespace

double available_memory_bytes() {
  double there = 0;
#if defined(_WIN32)
  MEMORYSTATUSEX status = {};
  status.dwLength = sizeof(status);
  if (GlobalMemoryStatusEx(&status)) there = static_cast<double>(status.ullAvailPhys);
#endif
  std::ifstream in("/proc/meminfo");
  std::string name;
  double kilobytes = 0;
  for (std::string unit; in >> name >> kilobytes && std::getline(in, unit);) {
    if (name == "MemAvailable:") there = 1024 * kilobytes;
  }
  // version 2 of control groups, as containers see it
  const double most = number_in("/sys/fs/cgroup/memory.max");
  const double taken = number_in("/sys/fs/cgroup/memory.current");
  if (most > 0 && taken >= 0 && there > 0) there = std::min(there, std::max(most - taken, 1.0));
  return there;
}

double memory_bytes() {
#if defined(_WIN32)
  MEMORYSTATUSEX status = {};
  status.dwLength = sizeof(status);
  return GlobalMemoryStatusEx(&status) ? static_cast<double>(status.ullTotalPhys) : 0;
#elif defined(_SC_PHYS_PAGES) && defined(_SC_PAGESIZE)
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<double>(pages) * static_cast<double>(size) : 0;
#else
  return 0;
#endif
}

}  // namespace reverie
