#!/bin/sh
# Installs the system packages that are missing: fonts for the simulator, and Tesseract, which the reading bench measures
# itself against and nothing else needs. Programs need root and apt; without root, fonts are unpacked beside the Python
# packages, and what is missing is said.
set -eu

# Asked of the things themselves: they may have come another way than as Debian's packages.
missing() {
  tesseract --list-langs 2>/dev/null | grep -qx eng || printf 'tesseract-ocr tesseract-ocr-eng '
  .venv/bin/python -c 'from lockbox.simulator.fonts import missing_packages; print(*missing_packages())'
}

enough() {
  [ -n "$1" ] || return 0
  [ "$1" = 'tesseract-ocr tesseract-ocr-eng ' ] || return 1
  echo "note: without Tesseract, which only root can install, the reading bench is not measured against it"
}

wanted=$(missing)
[ -z "$wanted" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  enough "$wanted" && exit 0
  echo "error: this system has no apt-get; install by its own means what Debian calls: $wanted" >&2
  exit 3
fi

if [ "$(id -u)" -eq 0 ]; then
  echo "installing system packages: $wanted"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  apt-get install -y -qq --no-install-recommends $wanted >/dev/null
else
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  own=""
  for package in $wanted; do
    case $package in fonts-*) ;; *) continue ;; esac
    # shellcheck disable=SC2086 # options, or none
    if ! (cd "$folder" && apt-get $own download -qq "$package" >/dev/null 2>&1) && [ -z "$own" ]; then
      # The system has no list of packages, or an old one: one of our own.
      mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
      own="-o Dir::State::lists=$folder/lists -o Dir::Cache=$folder/cache"
      echo "asking for Debian's list of packages"
      apt-get $own update -qq || true
      (cd "$folder" && apt-get $own download -qq "$package" >/dev/null) || true
    fi
    for file in "$folder/$package"_*.deb; do
      [ -f "$file" ] || continue
      mkdir -p .venv/fonts
      dpkg -x "$file" ".venv/fonts/$package"
      echo "unpacked $package into .venv/fonts"
    done
  done
fi

wanted=$(missing)
if ! enough "$wanted"; then
  echo "error: missing, and only root can install it: $wanted" >&2
  echo "       as root: apt-get install $wanted" >&2
  exit 3
fi
