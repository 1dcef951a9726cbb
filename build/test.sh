#!/usr/bin/env bash
# Runs every test of the product and closes with one plain line: "N passed, N failed, N skipped".
# Installs what the tests need on Debian or Ubuntu (chromium, a font, gcc) when it runs as root and something is missing.
set -uo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

packages=()
[ -x "${OPS_CHROMIUM:-/usr/bin/chromium}" ] || packages+=(chromium)
fc-list 2>/dev/null | grep -q . || packages+=(fonts-dejavu-core fontconfig)
command -v dotlockfile >/dev/null || packages+=(liblockfile-bin)
# Tests on disks that are full or break make small ones in a file and mount them.
PATH=$PATH:/usr/sbin:/sbin
command -v mkfs.ext4 >/dev/null && command -v e2fsck >/dev/null || packages+=(e2fsprogs)
command -v mount >/dev/null && command -v losetup >/dev/null || packages+=(mount)
command -v mkfs.btrfs >/dev/null || packages+=(btrfs-progs)
# And one on a file system that cannot exchange two names.
command -v fuse2fs >/dev/null || packages+=(fuse2fs)
[ ${#packages[@]} = 0 ] || build/packages.sh "${packages[@]}" || exit 1

dotnet restore Ops.sln --locked-mode -v q || exit 1
dotnet build Ops.sln -c Release --no-restore -v q || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One project at a time: the browser tests measure how soon a change shows, and would measure their neighbours instead.
dotnet test Ops.sln -c Release --no-build -m:1 "$@" 2>&1 | tee "$log"
rc=${PIPESTATUS[0]}
# Looking, breaking and a second host once more, with the native program.
if [ $# = 0 ] && [ "$(uname -sm)" = "Linux x86_64" ]; then
  build/publish.sh && OPS_PROGRAM=$PWD/artifacts/ops-linux-x64/ops dotnet test tests/Ops.EndToEnd.Tests -c Release --no-build \
    --filter "FullyQualifiedName~CommandLineTests|FullyQualifiedName~ProgramTests|FullyQualifiedName~TwoHostsTests|FullyQualifiedName~BreakTests" 2>&1 | tee -a "$log"
  [ "${PIPESTATUS[0]}" = 0 ] || rc=1
fi
sed -nE 's/^(Passed|Failed)! +- Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\2 \3 \4/p' "$log" |
  awk '{f+=$1; p+=$2; s+=$3; n++} END {printf "%d passed, %d failed, %d skipped\n", p, f, s; exit n == 0}' || rc=1
exit "$rc"
