#!/bin/sh
# Installs the system packages that are missing: Tesseract for printed text and fonts for the simulator. Programs need
# root and apt; without root, fonts are unpacked beside the Python packages, and what is missing is said.
set -eu

wanted="tesseract-ocr tesseract-ocr-eng fonts-dejavu-core"
wanted="$wanted $(sed -n 's/.*"\(fonts-[a-z0-9-]*\)".*/\1/p' lockbox/simulator/fonts.py | sort -u | tr '\n' ' ')"

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
  for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
else
  command -v tesseract >/dev/null 2>&1 || missing=" tesseract-ocr (and the fonts: $wanted)"
fi
[ -z "$missing" ] && exit 0
export DEBIAN_FRONTEND=noninteractive

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing system packages:$missing"
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
  exit 0
fi

# Without root, fonts can still be unpacked beside the Python packages; programs cannot.
left=""
for package in $missing; do
  case $package in
  fonts-*)
    [ -d ".venv/fonts/$package" ] && continue
    folder=$(mktemp -d)
    if (cd "$folder" && apt-get download -qq "$package" >/dev/null 2>&1); then
      mkdir -p .venv/fonts && dpkg -x "$folder"/*.deb ".venv/fonts/$package"
      echo "unpacked $package into .venv/fonts"
    else
      left="$left $package"
    fi
    rm -rf "$folder"
    ;;
  *) left="$left $package" ;;
  esac
done
if [ -n "$left" ]; then
  echo "error: these system packages are missing and can only be installed by root with apt-get:$left" >&2
  echo "       as root: apt-get install$left" >&2
  exit 3
fi
