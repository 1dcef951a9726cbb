#!/usr/bin/env bash
# Runs a command with a PostgreSQL server of its own: on loopback, in a temporary directory, gone afterwards.
#   build/postgres.sh COMMAND...    with OPS_TEST_POSTGRES set to the server's connection string
# Installs Debian's package when it runs as root and the server is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
bin() { compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1 | xargs -r dirname; }
[ -n "$(bin)" ] || build/packages.sh postgresql
bin=$(bin)
dir=$(mktemp -d)
# The server refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir"
  as=(setpriv --reuid postgres --regid postgres --init-groups)
fi
# Its working directory must be one that it may enter.
pg() { (cd "$dir" && "${as[@]}" "$@"); }
stop() { pg "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf "$dir"; }
trap stop EXIT
# With a password, as real servers have: one that is lost on the way would not show without.
password=$(head -c 18 /dev/urandom | base64 | tr -d '+/=')
(umask 077; echo "$password" >"$dir/password")
[ "$(id -u)" != 0 ] || chown postgres "$dir/password"
pg "$bin/initdb" -D "$dir/data" -A scram-sha-256 --pwfile="$dir/password" -U postgres >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
# A port that was free a moment ago may be taken: then another one. The data lives for one run, so it need not reach the disk.
for attempt in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  pg "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$dir -c fsync=off" start >/dev/null && break
  [ "$attempt" != 5 ] || { cat "$dir/data/log" >&2; exit 1; }
done
OPS_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=postgres;Password=$password" "$@"
