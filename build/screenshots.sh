#!/usr/bin/env bash
# Takes the pictures of the documentation from the demo: each page light and dark, 1440 and 390 pixels wide.
#   build/screenshots.sh [DIRECTORY]      default: docs/screenshots
# Run it as root: without, the pictures show what an agent cannot see. Needs Chromium and a font, and installs them on Debian or Ubuntu if they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=()
[ -x "${OPS_CHROMIUM:-/usr/bin/chromium}" ] || packages+=(chromium)
fc-list 2>/dev/null | grep -q . || packages+=(fonts-dejavu-core fontconfig)
[ ${#packages[@]} = 0 ] || build/packages.sh "${packages[@]}"
exec build/demo.sh --screenshots "$(realpath -m "${1:-docs/screenshots}")"
