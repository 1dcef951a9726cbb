#!/usr/bin/env bash
# Makes the Debian packages of agent and console, for amd64:
#   build/package.sh [--no-publish] [DIRECTORY]      default: artifacts/packages
# --no-publish packs what an earlier run has published. OPS_PACKAGE_VERSION=1.2.3 names another version than that of Directory.Build.props.
# The same published files give the same package, byte for byte: all times are SOURCE_DATE_EPOCH, by default that of the last commit.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
publish=yes
if [ "${1:-}" = --no-publish ]; then publish=no; shift; fi
out=${1:-artifacts/packages}
version=${OPS_PACKAGE_VERSION:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
compression=${OPS_PACKAGE_COMPRESSION:-xz}

program=artifacts/ops-linux-x64
console=artifacts/console-linux-x64
if [ "$publish" = yes ]; then
  build/publish.sh "$program"
  # With the runtime inside: distributions do not have it, and the package must install on a host that has nothing of .NET.
  # Objects apart from those of the ordinary build, as for the native program.
  selfContained=(src/Ops.Web -p:OpsPackaged=true --artifacts-path artifacts/packaged -v q)
  dotnet restore "${selfContained[@]}" --locked-mode
  rm -rf "$console"
  dotnet publish "${selfContained[@]}" -c Release --no-restore -o "$console"
fi
for needed in "$program/ops" "$console/Ops.Web"; do
  [ -x "$needed" ] || { echo "$needed is missing: run build/package.sh without --no-publish." >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# The C library that the program was linked against, at least.
libc() { readelf -V --wide "$@" | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -1 | sed s/GLIBC_//; }

# Fills in a script of build/deb: scripts PACKAGE
scripts() {
  local part=${1#mailstore-ops-} script
  for script in postinst prerm postrm; do
    sed -e "/^@PREPARE@$/{r build/deb/$part/prepare
d}" -e "/^@PURGE@$/{r build/deb/$part/purge
d}" -e "s/@UNIT@/$1.service/g" "build/deb/$script" >"$work/$1/DEBIAN/$script"
    chmod 0755 "$work/$1/DEBIAN/$script"
  done
}

# control PACKAGE DEPENDS SUMMARY TEXT
control() {
  local root=$work/$1
  cat >"$root/DEBIAN/control" <<CONTROL
Package: $1
Version: $version
Architecture: amd64
Maintainer: Mailstore Ops <root@localhost>
Section: mail
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $2
Description: $3
$4
CONTROL
  find "$root/etc" -type f -printf '/etc/%P\n' | LC_ALL=C sort >"$root/DEBIAN/conffiles"
  (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
}

pack() {
  local root=$work/$1 file=$out/$1_${version}_amd64.deb
  chmod -R u=rwX,go=rX "$root"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Z"$compression" --build "$root" "$file" >/dev/null
  echo "$file: $(stat -c %s "$file") bytes"
}

# --- agent
package=mailstore-ops-agent
root=$work/$package
install -d "$root"/{DEBIAN,usr/bin,usr/lib/$package,etc/mailstore-ops,etc/default,usr/lib/systemd/system} \
  "$root"/usr/share/{man/man1,doc/$package,bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
install -m 0755 "$program/ops" "$root/usr/lib/$package/ops"
install -m 0644 "$program/libMonoPosixHelper.so" "$root/usr/lib/$package/"
ln -s "../lib/$package/ops" "$root/usr/bin/ops"
install -m 0644 build/deb/agent/policy.json "$root/etc/mailstore-ops/policy.json"
install -m 0644 build/deb/agent/default "$root/etc/default/$package"
install -m 0644 build/deb/agent/$package.service "$root/usr/lib/systemd/system/"
gzip -9n <docs/man/ops.1 >"$root/usr/share/man/man1/ops.1.gz"
"$program/ops" completion bash >"$root/usr/share/bash-completion/completions/ops"
"$program/ops" completion zsh >"$root/usr/share/zsh/vendor-completions/_ops"
"$program/ops" completion fish >"$root/usr/share/fish/vendor_completions.d/ops.fish"
install -m 0644 docs/policy.md "$root/usr/share/doc/$package/"
gzip -9n <CHANGELOG.md >"$root/usr/share/doc/$package/changelog.gz"
scripts $package
control $package "libc6 (>= $(libc "$program/ops" "$program/libMonoPosixHelper.so")), zlib1g, libssl3 | libssl3t64, ca-certificates, init-system-helpers" \
  "locks of mail systems: agent and command line" \
  " Finds the locks of mail systems, shows who holds them and why, and breaks
 stale ones safely. The agent serves a console, on this host or elsewhere;
 the command line needs none."
pack $package

# --- console
package=mailstore-ops-console
root=$work/$package
install -d "$root"/{DEBIAN,usr/bin,usr/lib,etc/$package,usr/lib/systemd/system,usr/share/doc/$package}
cp -r "$console" "$root/usr/lib/$package"
# The agent comes with its own package; here it is only a library of the console.
rm -f "$root/usr/lib/$package/ops" "$root/usr/lib/$package"/*.xml "$root/usr/lib/$package"/*.pdb "$root/usr/lib/$package/appsettings.json"
ln -s "../../../etc/$package/appsettings.json" "$root/usr/lib/$package/appsettings.json"
install -m 0644 build/deb/console/appsettings.json "$root/etc/$package/appsettings.json"
install -m 0644 build/deb/console/$package.service "$root/usr/lib/systemd/system/"
install -m 0755 build/deb/console/ops-console "$root/usr/bin/ops-console"
gzip -9n <CHANGELOG.md >"$root/usr/share/doc/$package/changelog.gz"
scripts $package
control $package "libc6 (>= $(libc "$console/Ops.Web" "$console"/*.so)), libgcc-s1, libstdc++6, zlib1g, libssl3 | libssl3t64, ca-certificates, adduser, util-linux, init-system-helpers" \
  "locks of mail systems: web console" \
  " Shows the locks of all mail hosts whose agents report to it, and asks the
 agents to break stale ones. Runs without rights as a user of its own; the
 agent of its own machine joins by itself. The .NET runtime is inside."
pack $package
