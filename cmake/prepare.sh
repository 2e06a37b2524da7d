# Shared by ./run, ./test and .ci/run: packages and builds.  $top is the project's root.

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "this needs root, and there is no sudo: $*" >&2
    return 1
  fi
}

# Installs what packages.txt lists and is missing, and never removes anything for it.
prepare_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian: taking it that all that packages.txt names is there" >&2
    return
  fi
  local there missing package
  there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
  missing=$(comm -23 <(sort "$top/packages.txt") - <<<"$there")
  [ -n "$missing" ] || return 0
  # librtmidi-dev takes the headers of either JACK; apt's choice would remove JACK 2 where that is installed
  if grep -qx 'libjack-jackd2-0' <<<"$there"; then missing+=" libjack-jackd2-dev"; fi
  # shellcheck disable=SC2086
  echo "installing:" $missing
  as_root apt-get update -qq || echo "apt-get update failed; going on with the lists that are there" >&2
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-remove \
    --no-install-recommends $missing >/dev/null && return
  echo "Not all packages could be installed; nothing was removed for them.  Each by itself:" >&2
  for package in $missing; do
    apt-get install -s -qq --no-remove --no-install-recommends "$package" >/dev/null 2>&1 ||
      echo "  $package: cannot be had (apt-get install $package says why)" >&2
  done
  return 1
}

# configure FOLDER PRESET [OPTION...]: below build/
configure() {
  local folder="build/$1" preset=$2
  shift 2
  mkdir -p "$top/build"
  (cd "$top" && cmake --preset "$preset" -B "$folder" "$@") >"$top/$folder.log" 2>&1 ||
    { cat "$top/$folder.log" >&2; return 1; }
}

# compile FOLDER [TARGET...]: one that is configured; says only what fails.
compile() {
  local log="$top/build/$1.log"
  ninja -C "$top/build/$1" "${@:2}" >"$log" 2>&1 || { grep -E 'error|FAILED|ninja:' -A6 "$log" | head -60 >&2; return 1; }
}

# build PRESET [TARGET]: configures where needed, builds; speaks only when there is something to do or it fails.
build() {
  [ -f "$top/build/$1/build.ninja" ] || configure "$1" "$1"
  if ninja -C "$top/build/$1" -n "${@:2}" | grep -q 'no work to do'; then return; fi
  echo "building ($1) ..." >&2
  compile "$@"
}
