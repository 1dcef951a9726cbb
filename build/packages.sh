#!/usr/bin/env bash
# Installs Debian packages when it runs as root; says which are missing when it cannot.
set -uo pipefail
echo "installing: $*"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing: $*. Install them (as root: apt-get install $*) and run this again." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log" "${policy:-}"' EXIT
# Of what is installed here nothing is to be started as a service of the machine (policy-rc.d(8)).
if [ ! -e /usr/sbin/policy-rc.d ]; then
  policy=/usr/sbin/policy-rc.d
  printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
fi
{ apt-get -qq -o DPkg::Lock::Timeout=600 update && apt-get -qq -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@"; } >"$log" 2>&1 ||
  { tail -20 "$log" >&2; exit 1; }
