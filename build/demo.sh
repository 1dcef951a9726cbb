#!/usr/bin/env bash
# The console on a mail store in which something of everything has happened: real lock holders and waiters, stale locks, leftovers, a ghost write, a deadlock.
#   build/demo.sh                 prints links that open it, signed in; Ctrl-C ends it and removes everything
#   build/demo.sh --port 6000     at another port of loopback (default 5180; the next one signs visitors in)
# Needs the .NET 10 SDK. As root the agent sees and proves everything; without, it refuses more.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2; exit 1; }
echo "Building..." >&2
built=$(dotnet build tests/Ops.Demo -c Release -v q 2>&1) || { echo "$built" >&2; exit 1; }
case " $* " in *" --port "* | *" --screenshots "*) ;; *) set -- --port 5180 "$@" ;; esac
exec dotnet tests/Ops.Demo/bin/Release/net10.0/Ops.Demo.dll "$@"
