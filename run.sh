#!/usr/bin/env bash
# Builds and starts a node: ./run.sh --mount /=file:///path/to/dataset      All switches: ./run.sh --help
# Without --mount the node serves the directory this is called from, read-only.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$root/eng/probe-orleans.sh"
"$root/eng/build.sh" src/Silo
# exec: signals reach the node itself, and its exit code is this script's.
exec dotnet "$root/src/Silo/bin/Release/net10.0/ocache-node.dll" "$@"
