#!/usr/bin/env bash
# Prints how many lines of the core and of the acts the tests have run, from the reports of `dotnet test --collect`. No number fails anything.
#   build/coverage.sh DIRECTORY       where the reports are, each a coverage.cobertura.xml below it
set -euo pipefail
cd "$(dirname "$0")/.."
find "$1" -name coverage.cobertura.xml -exec cat {} + | awk '
  /<source>/ { root = $0; gsub(/ *<\/?source>/, "", root) }
  /<class / { match($0, /filename="[^"]*"/); file = root substr($0, RSTART + 10, RLENGTH - 11) }
  /<line / {
    match($0, /number="[0-9]+"/); line = file ":" substr($0, RSTART + 8, RLENGTH - 9)
    match($0, /hits="[0-9]+"/); hits = substr($0, RSTART + 6, RLENGTH - 7) + 0
    # A line that several suites could run was run when one of them did.
    if (!(line in run) || hits > run[line]) run[line] = hits
  }
  END {
    n = split("Ops.Locks|Ops.Linux/Acting|Ops.Agent/Acts|Ops.Agent/Operations", parts, "|")
    for (i = 1; i <= n; i++) {
      all = done = 0
      for (line in run) if (index(line, "/src/" parts[i] "/")) { all++; if (run[line]) done++ }
      if (all) printf "coverage %-20s %5.1f %% of %5d lines\n", parts[i], 100 * done / all, all
    }
  }'
