#!/usr/bin/env bash
# Asks once whether the Orleans runtime restores from this machine's package registry, and remembers the answer in
# Orleans.props (ignored by git, imported by Directory.Build.props), so that every later build, run and test agrees.
# Ask again: delete Orleans.props. Overrule: -p:Orleans=true|false.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
answer="$root/Orleans.props"
[[ -f "$answer" ]] && exit 0

if ! command -v dotnet >/dev/null; then
    echo "The .NET SDK 10.0 is needed and 'dotnet' is not on the PATH: install it from https://dot.net" >&2
    exit 1
fi

# Two minutes: a first restore over a slow line takes one; a registry that hangs must not hold up the first start for ever.
orleans=false
if timeout 120 dotnet restore "$root/eng/orleans-probe/orleans-probe.csproj" --nologo -v quiet >/dev/null 2>&1; then
    orleans=true
else
    echo "Orleans runtime packages do not restore here: building without src/Grains (one node needs none of it)" >&2
fi

# Written in one step: a second script that starts meanwhile reads all of it or nothing.
cat >"$answer.$$" <<PROPS
<Project>
  <PropertyGroup>
    <Orleans Condition="'\$(Orleans)' == ''">$orleans</Orleans>
  </PropertyGroup>
</Project>
PROPS
mv "$answer.$$" "$answer"
