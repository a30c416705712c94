#!/bin/sh
# The traces of every scenario and variant, of the sanitized Debug program and of the Release
# program, must be equal byte for byte. Usage: same_in_release.sh DEBUG-PROGRAM RELEASE-PROGRAM
set -u
debug=$1
release=$2
if [ ! -x "$release" ]; then
  echo "skipped: $release is not built (./dev test builds it)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
for file in scenarios/*.yaml; do
  "$debug" run "$file" --all-variants --trace >"$work/debug" 2>&1
  "$release" run "$file" --all-variants --trace >"$work/release" 2>&1
  if cmp -s "$work/debug" "$work/release"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$file differs between Debug (<) and Release (>):"
    diff "$work/debug" "$work/release" | head -n 20
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
