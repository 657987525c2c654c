#!/bin/sh
# Installs Chromium, in which the tests look at pages, where it is missing and root may install it.
set -eu

for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "note: no Chromium, so no test looks at a page; as root: apt-get install chromium"
  exit 0
fi
echo "installing system packages: chromium"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
