#!/usr/bin/env bash
# Publishes the command line to artifacts/ocache, compiled ahead of time (ReadyToRun): it starts in half the time. Where the package
# registry lacks the compiler, it is published without. Intermediate files of its own: the solution's builds are left alone.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
case "$(uname -m)" in
    x86_64) runtime=linux-x64 ;;
    aarch64) runtime=linux-arm64 ;;
    *) runtime= ;;
esac
publish() {
    dotnet publish "$root/src/Cli" -c Release --artifacts-path "$root/artifacts/cli" -o "$root/artifacts/ocache" -v quiet --nologo "$@" 2>&1
}
if [[ -n "$runtime" ]] && publish -r "$runtime" --self-contained false -p:PublishReadyToRun=true >/dev/null; then
    exit 0
fi
if ! output="$(publish)"; then
    echo "$output" >&2
    echo "Publishing src/Cli failed; what the compiler said stands above." >&2
    exit 1
fi
