// Networks that others published, and where.
#pragma once

#include <string>
#include <vector>

namespace reverie {

struct PublishedFile {
  std::string address, name;  // the name that it gets here
  std::string hash, digits;   // as published: "sha1" or "sha256", and its first digits; empty: none is
};

struct PublishedNetwork {
  std::string name, help, licence;
  double megabytes = 0;
  std::vector<PublishedFile> files;  // that with the weights is the first
};

const std::vector<PublishedNetwork>& published_networks();

}  // namespace reverie
