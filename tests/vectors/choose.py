#!/usr/bin/env python3
"""choose.py FILE BYTES: the sample of a file of recorded cases that the project keeps.

Writes to stdout, in the order of the file, the cases that show everything the file shows at least
once (each kind of step, event, error, verdict, setting), and then others up to that many bytes.
"""
import json
import re
import sys

NAMES = ("name", "case", "script", "description", "note")  # of a case, not what it shows


def features(value, path=""):
    """What a case shows: for each field, where it stands and what kind of value it has."""
    if isinstance(value, dict):
        # What an object is about tells its fields from those of other objects.
        about = next((value[key] for key in ("op", "ev", "api", "type") if key in value), "")
        for key, inner in value.items():
            if key in NAMES:
                continue
            yield from features(inner, f"{path}/{about}.{re.sub('[0-9]+', '#', key)}")
    elif isinstance(value, list):
        yield path, "empty" if not value else "list"
        for inner in value:
            yield from features(inner, path)
    elif isinstance(value, str):
        yield path, re.sub("[0-9]+", "#", value) if len(value) < 60 else "text"
    elif isinstance(value, bool) or value is None:
        yield path, value
    else:
        yield path, (value > 0) - (value < 0)


def choose(lines, limit):
    shown = [set(features(json.loads(line))) for line in lines]
    missing = set().union(*shown)
    left = set(range(len(lines)))
    chosen = set()
    while missing:
        best = max(sorted(left), key=lambda i: len(shown[i] & missing) / len(lines[i]))
        chosen.add(best)
        left.remove(best)
        missing -= shown[best]
    size = sum(len(lines[i]) for i in chosen)
    for i in sorted(left):
        if size + len(lines[i]) <= limit:
            chosen.add(i)
            size += len(lines[i])
    return [lines[i] for i in sorted(chosen)]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    sys.stdout.writelines(choose(lines, int(sys.argv[2])))


if __name__ == "__main__":
    main()
