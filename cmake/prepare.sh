# Shared by ./run, ./test and .ci/run: packages and builds.  $top is the project's root.

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs what packages.txt lists and is missing; asks dpkg only when the list has changed since the last time.
prepare_packages() {
  local stamp="$top/build/packages.installed"
  cmp -s "$top/packages.txt" "$stamp" && return
  local missing
  missing=$(comm -23 <(sort "$top/packages.txt") \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" {print $2}' | sort))
  if [ -n "$missing" ]; then
    echo "installing:" $missing
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  fi
  mkdir -p "$top/build"
  cp "$top/packages.txt" "$stamp"
}

# build PRESET [TARGET]: configures where needed, builds; speaks only when there is something to do or it fails.
build() {
  local folder="$top/build/$1" log="$top/build/$1.log"
  mkdir -p "$top/build"
  if [ ! -f "$folder/build.ninja" ]; then
    (cd "$top" && cmake --preset "$1") >"$log" 2>&1 || { cat "$log" >&2; return 1; }
  fi
  if ninja -C "$folder" -n ${2:-} | grep -q 'no work to do'; then return; fi
  echo "building ($1) ..." >&2
  ninja -C "$folder" ${2:-} >"$log" 2>&1 || { grep -E 'error|FAILED|ninja:' -A6 "$log" | head -60 >&2; return 1; }
}
