#!/usr/bin/env bash
# Runs every test of the product and closes with one plain line: "N passed, N failed, N skipped".
# Installs what the tests need on Debian or Ubuntu (chromium, a font, postgresql, haproxy, dovecot) when it runs as root and something is missing.
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
# The balancer of several consoles.
command -v haproxy >/dev/null || packages+=(haproxy)
# A test names the sessions of a Dovecot of its own.
[ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/imap ] || packages+=(dovecot-imapd)
[ ${#packages[@]} = 0 ] || build/packages.sh "${packages[@]}" || exit 1

dotnet restore Ops.sln --locked-mode -v q || exit 1
dotnet build Ops.sln -c Release --no-restore -v q || exit 1
log=$(mktemp)
coverage=$(mktemp -d)
trap 'rm -rf "$log" "$coverage"' EXIT
rc=0
# Consoles that share a database need PostgreSQL; the other tests of what is stored are run with SQLite first.
with=
# One project at a time: the browser tests measure how soon a change shows, and would measure their neighbours instead.
run() { $with dotnet test "$@" -c Release --no-build 2>&1 | tee -a "$log"; [ "${PIPESTATUS[0]}" = 0 ] || rc=1; }
# Those that test the core and the acts also count which of its lines they run.
run_project() {
  case $1 in
    */Ops.Locks.Tests | */Ops.Linux.Tests | */Ops.Agent.Tests) run "$1" --collect "XPlat code coverage" --settings build/coverage.runsettings --results-directory "$coverage" ;;
    */Ops.Data.Tests) run "$1" --filter "Needs!=PostgreSQL" ;;
    */Ops.EndToEnd.Tests) with=build/postgres.sh run "$1" ;;
    *) run "$1" ;;
  esac
}
if [ $# != 0 ]; then
  with=build/postgres.sh run Ops.sln -m:1 "$@"
else
  # Fast: what judges, stores and shows, in this process alone. If it fails, the slow part is not waited for.
  fast=(Ops.Locks.Tests Ops.Incidents.Tests Ops.Integrity.Tests Ops.Data.Tests Ops.Web.Tests)
  for project in "${fast[@]}"; do run_project "tests/$project"; done
  # What is stored, once more on PostgreSQL.
  with=build/postgres.sh run tests/Ops.Data.Tests
  if [ "$rc" = 0 ]; then
    # Slow: real processes, mounts and browsers.
    for project in tests/*.Tests; do case " ${fast[*]} " in *" ${project#tests/} "*) ;; *) run_project "$project" ;; esac; done
    build/coverage.sh "$coverage" || rc=1
    # Looking, breaking and a second host once more, with the native program.
    if [ "$(uname -sm)" = "Linux x86_64" ]; then
      build/publish.sh || rc=1
      OPS_PROGRAM=$PWD/artifacts/ops-linux-x64/ops run tests/Ops.EndToEnd.Tests \
        --filter "FullyQualifiedName~CommandLineTests|FullyQualifiedName~ProgramTests|FullyQualifiedName~TwoHostsTests|FullyQualifiedName~BreakTests"
    fi
  else
    echo "The fast part failed; the slow part was not run." >&2
  fi
fi
sed -nE 's/^(Passed|Failed)! +- Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+),.*/\2 \3 \4/p' "$log" |
  awk '{f+=$1; p+=$2; s+=$3; n++} END {printf "%d passed, %d failed, %d skipped\n", p, f, s; exit n == 0}' || rc=1
exit "$rc"
