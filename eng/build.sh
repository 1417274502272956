#!/usr/bin/env bash
# Builds one project (a path below the repository's root) in Release; quiet unless it fails.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
if ! output="$(dotnet build "$root/$1" -c Release -v quiet --nologo 2>&1)"; then
    echo "$output" >&2
    echo "Building $1 failed; what the compiler said stands above." >&2
    exit 1
fi
