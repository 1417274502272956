#!/usr/bin/env bash
# Packs the client and what it stands on as NuGet packages: eng/pack.sh [folder, default artifacts/packages] [arguments of 'dotnet pack']
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
folder="${1:-$root/artifacts/packages}"
shift || true
for project in Core UfsConnectors Client; do
    if ! output="$(dotnet pack "$root/src/$project" -p:Configuration=Release -o "$folder" -v quiet --nologo "$@" 2>&1)"; then
        echo "$output" >&2
        echo "Packing src/$project failed; what the compiler said stands above." >&2
        exit 1
    fi
done
