#!/usr/bin/env bash
# Makes the native `ops` for linux-x64: one program, and the helper library that it loads from its own directory.
#   build/publish.sh [DIRECTORY]        default: artifacts/ops-linux-x64
# Needs gcc and the headers of zlib besides the SDK, and installs them on Debian or Ubuntu when it runs as root.
# For another target: dotnet publish src/Ops.Agent -c Release -o DIRECTORY, which needs the ASP.NET Core runtime there.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
out=${1:-artifacts/ops-linux-x64}

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "The native program is made on linux-x64 only. Elsewhere: dotnet publish src/Ops.Agent -c Release -o DIRECTORY" >&2; exit 1; }
packages=()
command -v gcc >/dev/null || command -v clang >/dev/null || packages+=(gcc libc6-dev)
[ -e /usr/include/zlib.h ] || packages+=(zlib1g-dev)
[ ${#packages[@]} = 0 ] || build/packages.sh "${packages[@]}"

# Objects apart from those of the ordinary build: neither disturbs the other, and a second run compiles only what changed.
work=artifacts/native
native=(src/Ops.Agent -p:OpsNative=true --artifacts-path "$work" -v q)
if ! dotnet restore "${native[@]}" --locked-mode; then
  echo "If another SDK brings another compiler: dotnet restore src/Ops.Agent -p:OpsNative=true --artifacts-path $work --force-evaluate" >&2
  exit 1
fi
dotnet publish "${native[@]}" -c Release --no-restore -o "$work/published"
mkdir -p "$out"
install -m 0755 "$work/published/ops" "$work/published/libMonoPosixHelper.so" "$out"
echo "$out/ops: $("$out/ops" --version), $(stat -c %s "$out/ops") bytes"
