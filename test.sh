#!/usr/bin/env bash
# Builds everything and runs every test. Arguments go to 'dotnet test': ./test.sh --filter FullyQualifiedName~Pages
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$root/eng/probe-orleans.sh"
export DOTNET_CLI_UI_LANGUAGE=en # the summary lines are read below
# Of the model test, all its campaigns together; a run from an editor takes a few. Fewer where the tests of silos take six minutes more: all of it shall end within half an hour.
model=150
grep -q '>true<' "$root/Orleans.props" && model=60
export OCACHE_MODEL_SECONDS="${OCACHE_MODEL_SECONDS:-$model}"

if ! grep -q '>true<' "$root/Orleans.props"; then
    echo "Not run: tests of silos (tests/Grains.Tests, tests/Node.Tests/Grid), since the Orleans runtime does not restore here." >&2
elif ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then
    echo "Not run: tests of silos that meet in PostgreSQL (tests/Node.Tests/Grid), since it is not installed (eng/postgresql.sh)." >&2
fi

dotnet build "$root/Orleans.Cache.sln" -c Release -v quiet --nologo

log="$(mktemp)"
trap 'rm -f "$log"' EXIT
# One project at a time (-m:1): some tests measure memory and start whole nodes, and should have the machine to themselves.
code=0
dotnet test "$root/Orleans.Cache.sln" -c Release --no-build --nologo -m:1 "$@" 2>&1 | tee "$log" || code=$?

if [[ $code -ne 0 ]] && ! grep -q '^Failed! ' "$log"; then
    echo "dotnet test ended with $code though no test failed: a test process broke off, see above." >&2
fi
# "Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total: ..." is what each project ends with.
awk '/^(Passed|Failed|Skipped)! +- Failed:/ {
        gsub(/[:,]/, " ")
        for (i = 1; i < NF; i++) { if ($i == "Failed") failed += $(i + 1); if ($i == "Passed") passed += $(i + 1); if ($i == "Skipped") skipped += $(i + 1) }
    }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$log"
exit "$code"
