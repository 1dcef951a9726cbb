#!/usr/bin/env bash
# Tests the Debian packages in a chroot that is made once: content, units, install, a console and an agent that find each other, upgrade, backup, remove, purge.
#   build/package-test.sh [DIRECTORY]      packages made by build/package.sh; default: artifacts/packages
# As root on Debian or Ubuntu. OPS_CHROOT names a directory for the chroot that is kept for the next run; OPS_SUITE another distribution than bookworm.
# The mirror is that of this machine's apt.
set -uo pipefail
cd "$(dirname "$0")/.."
packages=$(realpath "${1:-artifacts/packages}")
suite=${OPS_SUITE:-bookworm}
base=$(realpath -m "${OPS_CHROOT:-artifacts/chroot-$suite}")
root=$base.run
passed=0 failed=0

[ "$(id -u)" = 0 ] || { echo "Run as root: a chroot is made and packages are installed in it." >&2; exit 1; }
needed=()
command -v debootstrap >/dev/null || needed+=(debootstrap)
command -v systemd-analyze >/dev/null || needed+=(systemd)
[ ${#needed[@]} = 0 ] || build/packages.sh "${needed[@]}" || exit 1

# check NAME COMMAND...: one line of the report
check() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then passed=$((passed + 1)); echo "ok      $name"
  else failed=$((failed + 1)); echo "FAILED  $name"; sed 's/^/        /' <<<"$said" | tail -15; fi
}
inside() { LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
within() { local tries; for ((tries = 0; tries < 300; tries++)); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; "$@"; }
has() { grep -q -- "$1" "$2"; }
lacks() { ! grep -q -- "$1" "$2"; }

console= agent=
stop() { for pid in $agent $console; do kill "$pid" 2>/dev/null; done; wait $agent $console 2>/dev/null; agent= console=; }
clean() {
  stop
  for mount in proc dev; do mountpoint -q "$root/$mount" && umount -l "$root/$mount"; done
  rm -rf --one-file-system "$root"
}
trap clean EXIT

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
new=("$packages/mailstore-ops-agent_${version}_amd64.deb" "$packages/mailstore-ops-console_${version}_amd64.deb")
for file in "${new[@]}"; do [ -e "$file" ] || { echo "$file is missing: run build/package.sh" >&2; exit 1; }; done

# --- what is in them
for file in "${new[@]}"; do
  name=$(basename "$file")
  content=$(mktemp)
  dpkg-deb --contents "$file" >"$content"
  check "$name: all files belong to root" bash -c '! grep -v " root/root " "$0"' "$content"
  check "$name: no file can be written by others" bash -c '! grep -E "^-.......w|^d.......w" "$0"' "$content"
  check "$name: nothing is set-user-id" bash -c '! grep -E "^-..s|^-.....s" "$0"' "$content"
  check "$name: conffiles exist in it" bash -c 'dpkg-deb --ctrl-tarfile "$0" | tar -xO ./conffiles | while read -r f; do grep -q " \.$f$" "$1" || { echo "$f"; exit 1; }; done' "$file" "$content"
  for script in postinst prerm postrm; do check "$name: $script is a valid script" bash -c 'dpkg-deb --ctrl-tarfile "$0" | tar -xO "./$1" | sh -n' "$file" "$script"; done
  rm -f "$content"
done
again=$(mktemp -d)
check "a second build gives the same packages" bash -c 'build/package.sh --no-publish "$0" >/dev/null && for f in "${@:1}"; do cmp "$f" "$0/$(basename "$f")" || exit 1; done' "$again" "${new[@]}"
rm -rf "$again"

# --- units: how open each may be, at most (docs/security.md has the figures)
exposure() { systemd-analyze security --offline=true "build/deb/$1/mailstore-ops-$1.service" --threshold="$2" --no-pager; }
check "the unit of the agent is no more open than documented" exposure agent 45
check "the unit of the console is no more open than documented" exposure console 17

# --- the chroot
mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /^[a-z+]*:\/\//) {print $i; exit}}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -1)
if [ ! -e "$base/etc/debian_version" ]; then
  rm -rf "$base"
  check "a chroot of $suite is made" debootstrap --variant=minbase --include=adduser,ca-certificates,init-system-helpers,libssl3,zlib1g,libstdc++6,curl "$suite" "$base" "$mirror"
fi
clean
cp -a "$base" "$root"
mount --bind /dev "$root/dev" && mount -t proc proc "$root/proc" || exit 1
# There is no systemd in a chroot: this one writes down what it was asked, and enables units by their links, as deb-systemd-helper expects.
mkdir -p "$root/run/systemd/system" "$root/var/mail"
cat >"$root/usr/bin/systemctl" <<'SYSTEMCTL'
#!/bin/sh
echo "$@" >>/var/log/systemctl
for unit; do :; done
link=/etc/systemd/system/multi-user.target.wants/$unit
case " $* " in
*" preset "* | *" enable "*) mkdir -p "${link%/*}" && ln -sf "/usr/lib/systemd/system/$unit" "$link" ;;
*" disable "*) rm -f "$link" ;;
*" is-enabled "*) [ -L "$link" ] && echo enabled ;;
esac
SYSTEMCTL
chmod +x "$root/usr/bin/systemctl"
asked=$root/var/log/systemctl
: >"$asked"

# --- the version before: the same files under a lower number, until there is a release to upgrade from
old=$(mktemp -d)
OPS_PACKAGE_VERSION="$version~before" OPS_PACKAGE_COMPRESSION=none build/package.sh --no-publish "$old" >/dev/null || exit 1
mv "$old"/*.deb "$root/root/" && rmdir "$old"
cp "${new[@]}" "$root/root/"

state() { [ "$(inside dpkg-query -W -f '${db:Status-Status}' "$1")" = "$2" ]; }
check "the version before installs" inside sh -c 'dpkg -i /root/*~before_amd64.deb'
check "both units are enabled" bash -c '[ -L "$0/etc/systemd/system/multi-user.target.wants/mailstore-ops-agent.service" ] && [ -L "$0/etc/systemd/system/multi-user.target.wants/mailstore-ops-console.service" ]' "$root"
check "both services were started" bash -c 'grep -q "start mailstore-ops-agent" "$0" && grep -q "start mailstore-ops-console" "$0"' "$asked"
check "the console's settings are closed to others" bash -c '[ "$(stat -c %a:%G "$0/etc/mailstore-ops-console/appsettings.json")" != 644:root ] && [ "$(stat -c %a "$0/etc/mailstore-ops-console/appsettings.json")" = 640 ]' "$root"

# --- the command line
check "ops says its version" bash -c 'chroot "$0" ops --version | grep -q "^$1"' "$root" "$version"
printf '999999\n' >"$root/var/mail/alice.lock"; : >"$root/var/mail/alice"
touch -d '1 hour ago' "$root/var/mail/alice.lock"
check "ops scan finds a lock with the policy of the package" bash -c 'chroot "$0" ops scan --root /var/mail --json | grep -q alice.lock' "$root"
check "the manual page is there" bash -c 'zcat "$0/usr/share/man/man1/ops.1.gz" | head -3 | grep -q "^.TH"' "$root"
check "the completion of bash can be read" bash -n "$root/usr/share/bash-completion/completions/ops"

# --- console and agent together, each as its unit starts it
run() {
  install -d -m 0700 -o "$(inside id -u mailstore-ops)" -g "$(inside id -g mailstore-ops)" "$root/run/mailstore-ops-console"
  LC_ALL=C chroot "$root" ops-console --urls http://127.0.0.1:5189 >"$root/var/log/console" 2>&1 & console=$!
  within has "listens on http://127.0.0.1:5189" "$root/var/log/console" || return 1
  # shellcheck disable=SC2016
  chroot "$root" sh -c '. /etc/default/mailstore-ops-agent; exec ops agent $OPS_AGENT_OPTIONS' >"$root/var/log/agent" 2>&1 & agent=$!
  within has "Connected to unix:" "$root/var/log/agent"
}
check_run() { run || { cat "$root/var/log/console" "$root/var/log/agent"; return 1; }; }
name='the agent joins the console through the socket, without a token'
if check_run >"$root/var/log/run" 2>&1; then passed=$((passed + 1)); echo "ok      $name"; else failed=$((failed + 1)); echo "FAILED  $name"; tail -15 "$root/var/log/run"; fi
check "the console runs as its own user, with no capability" bash -c 'for p in /proc/[0-9]*; do case "$(readlink "$p/exe")" in */mailstore-ops-console/Ops.Web) grep -q "^CapBnd:.0*$" "$p/status" && [ "$(stat -c %u "$p")" = "$(chroot "$0" id -u mailstore-ops)" ] && exit 0 ;; esac; done; exit 1' "$root"
check "the socket is the console's alone" bash -c '[ "$(stat -c %a:%U "$0")" != "" ] && [ "$(stat -c %a "$0")" = 600 ]' "$root/run/mailstore-ops-console/agent.sock"
check "another user cannot connect to it" bash -c '! chroot "$0" setpriv --reuid=65534 --clear-groups curl -s --unix-socket /run/mailstore-ops-console/agent.sock http://localhost/healthz' "$root"
check "another user who gets to the socket is refused" bash -c 's=/run/mailstore-ops-console; chmod 755 "$0$s"; chmod 666 "$0$s/agent.sock"; got=$(chroot "$0" setpriv --reuid=65534 --clear-groups curl -s -o /dev/null -w "%{http_code}" -X POST --unix-socket $s/agent.sock "http://localhost/hubs/agent/negotiate?negotiateVersion=1"); chmod 600 "$0$s/agent.sock"; chmod 700 "$0$s"; [ "$got" = 401 ]' "$root"
check "root is admitted to the hub" bash -c '[ "$(chroot "$0" curl -s -o /dev/null -w "%{http_code}" -X POST --unix-socket /run/mailstore-ops-console/agent.sock "http://localhost/hubs/agent/negotiate?negotiateVersion=1")" = 200 ]' "$root"
check "there are no pages, API and metrics behind it" bash -c 'for p in "" sign-in healthz metrics api/v1/locks; do [ "$(chroot "$0" curl -s -o /dev/null -w "%{http_code}" --unix-socket /run/mailstore-ops-console/agent.sock "http://localhost/$p")" = 404 ] || { echo "$p"; exit 1; }; done' "$root"
check "the console is well" bash -c 'chroot "$0" curl -s http://127.0.0.1:5189/healthz | head -1 | grep -q "^Healthy"' "$root"
check "a backup of the running console is intact" bash -c 'chroot "$0" ops-console backup /var/backups/mailstore-ops/test | tee /dev/stderr | grep -q "intact:"' "$root"
check "a restore over the running console is refused" bash -c '! chroot "$0" ops-console restore /var/backups/mailstore-ops/test >"$0/root/said" 2>&1 && grep -q "nothing was changed" "$0/root/said"' "$root"
stop

# --- upgrade
echo '{ "verbs": [] } // kept' >"$root/etc/mailstore-ops/policy.json"
sed -i 's/"AllowedHosts": "\*"/"AllowedHosts": "localhost;127.0.0.1"/' "$root/etc/mailstore-ops-console/appsettings.json"
: >"$asked"
check "the new version is installed over it" inside sh -c 'dpkg -i /root/mailstore-ops-agent_'"$version"'_amd64.deb /root/mailstore-ops-console_'"$version"'_amd64.deb'
check "an upgrade keeps a changed policy" has kept "$root/etc/mailstore-ops/policy.json"
check "an upgrade keeps changed settings, closed" bash -c 'grep -q "localhost;127" "$0" && [ "$(stat -c %a "$0")" = 640 ]' "$root/etc/mailstore-ops-console/appsettings.json"
check "an upgrade restarts both services" bash -c 'grep -q "restart mailstore-ops-agent" "$0" && grep -q "restart mailstore-ops-console" "$0"' "$asked"
check "an upgrade does not stop them before" lacks "^stop" "$asked"
name='after the upgrade they find each other again'
if check_run >"$root/var/log/run" 2>&1; then passed=$((passed + 1)); echo "ok      $name"; else failed=$((failed + 1)); echo "FAILED  $name"; tail -15 "$root/var/log/run"; fi
stop

# --- restore
inside sh -c 'mv /var/lib/mailstore-ops-console /var/lib/before && install -d -m 0700 -o mailstore-ops -g mailstore-ops /var/lib/mailstore-ops-console'
check "the backup is restored with an intact audit" bash -c 'chroot "$0" ops-console restore /var/backups/mailstore-ops/test | tee /dev/stderr | grep -q "intact:"' "$root"

# --- remove and purge
: >"$asked"
check "both are removed" inside dpkg -r mailstore-ops-agent mailstore-ops-console
check "removing stops the services" bash -c 'grep -q "stop mailstore-ops-agent" "$0" && grep -q "stop mailstore-ops-console" "$0"' "$asked"
check "removing keeps the settings" test -e "$root/etc/mailstore-ops/policy.json"
mkdir -p "$root/var/lib/mailstore-ops" "$root/var/mail/.ops-quarantine"; : >"$root/var/lib/mailstore-ops/journal.jsonl"; : >"$root/etc/mailstore-ops/agent.token"; : >"$root/var/lib/mailstore-ops/agent-identity.json"
inside dpkg -P mailstore-ops-agent mailstore-ops-console >"$root/var/log/purge" 2>&1
check "purging says where journal, quarantine and audit are" bash -c 'grep -q /var/lib/mailstore-ops\ and "$0" || grep -q "/var/lib/mailstore-ops," "$0" && grep -q .ops-quarantine "$0" && grep -q /var/lib/mailstore-ops-console "$0"' "$root/var/log/purge"
check "purging keeps them" test -e "$root/var/lib/mailstore-ops/journal.jsonl" -a -d "$root/var/mail/.ops-quarantine" -a -e "$root/var/lib/mailstore-ops-console/ops.db"
check "purging removes settings, token and key" test ! -e "$root/etc/mailstore-ops" -a ! -e "$root/var/lib/mailstore-ops/agent-identity.json" -a ! -e "$root/etc/mailstore-ops-console" -a ! -e "$root/etc/default/mailstore-ops-agent"
check "purging leaves no unit enabled" bash -c '! ls "$0"/etc/systemd/system/multi-user.target.wants/mailstore-ops-* 2>/dev/null' "$root"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
