#!/usr/bin/env bash
# Measures the product beside other tools and prints tables in Markdown.
#   bench/run.sh                    everything; takes about half an hour
#   bench/run.sh --quick            one run of everything
#   bench/run.sh store 1001000 10101      files and directories; 401000 directories make it a store of Maildirs. `scan` is the same
#   bench/run.sh locks 10000 50     locks and the processes that hold them; 1,000, 10,000 and 100,000 unless told
#   bench/run.sh console 10000      one of: locks [COUNT] [PROCESSES], store [FILES] [DIRECTORIES], console [LOCKS], stress [BREAKS]
#   bench/run.sh programs [MINUTES] breaking beside real dotlockfile, lockfile and Python deliverers, 5 minutes unless told; not part of "everything".
#                                   Needs liblockfile-bin, procmail and python3
#   bench/run.sh churn [MINUTES]    10,000 held locks while others come and go, 10 minutes unless told; not part of "everything"
#   bench/run.sh living [MINUTES]   `ops audit-store --full` of a store at which a real Dovecot works, 10 minutes unless told, then planted damage; fails on a false finding;
#                                   not part of "everything". As root; needs dovecot-imapd and time. OPS_PROGRAM as for live
#   bench/run.sh memory [LOCKS] [MINUTES]     memory of the console with 10,000 locks and three pages open for 30 minutes unless told; not part of "everything"
#   bench/run.sh fleet [HOSTS]      one console, 1,000 agents unless told, over real connections; not part of "everything"
#   build/postgres.sh bench/run.sh fleet HOSTS CONSOLES    several consoles over one PostgreSQL database, one of which is killed
#   bench/run.sh history [EPISODES] questions of the History pages on SQLite with 10,000,000 episodes unless told (about 3 GB below TMPDIR); not part of "everything"
#   bench/run.sh live [FILES]       how soon `ops watch` reports a change, and what it costs, 10,000 files unless told; not part of "everything". As root.
#                                   OPS_PROGRAM=artifacts/ops-linux-x64/ops measures the native program (build/publish.sh) instead of the one that dotnet runs
# `store` and `locks` compare with names.c and locks.c, which a C compiler makes (Debian: gcc libc6-dev), and with find, fd, bfs, lslocks (each one on the PATH) and lsof, as far
# as they are installed. OPS_PROGRAM counts for them too. A cold cache needs root.
# Needs lslocks (util-linux), find, /usr/bin/time (Debian: time) and, for "console", Chromium. Run it as root on a machine that does nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build bench/Ops.Bench -c Release -v q >&2
exec dotnet bench/Ops.Bench/bin/Release/net10.0/Ops.Bench.dll "$@"
