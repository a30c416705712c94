#!/usr/bin/env python3
"""What docs/groups.md shows of runs is what the program prints for the scenario above it.
Usage: groups_doc_test.py PROGRAM [--rewrite], from the root of the project."""

import os
import re
import subprocess
import sys
import tempfile

PAGE = "docs/groups.md"
SHOWN = 3  # the run of each protocol, and one table
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
TABLE = "Consumer groups at "


def printed_by(program, scenario):
    """What `run --describe` prints, and what it said if it failed."""
    name = re.match(r"scenario: (\S+)", scenario).group(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(scenario)
        run = subprocess.run([program, "run", path, "--describe"], capture_output=True, text=True,
                             check=False)
    error = "" if run.returncode == 0 else f"{name} ended with {run.returncode}: {run.stderr}"
    return run.stdout, error


def part_of(text, shown):
    """The part of the output that a block shows: a table of that moment, or the timeline."""
    if not shown.startswith(TABLE):
        return text.split("\nLogs at the end")[0]
    begin = text.find(shown.split("\n")[0])
    if begin < 0:
        return "no such table\n"
    end = text.find("\n" + TABLE, begin)
    return text[begin:end].rstrip("\n") + "\n"


def main():
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    failures = []
    text, shown = "", 0
    for kind, block in BLOCK.findall(page):
        if kind == "yaml":
            text, error = printed_by(sys.argv[1], block)
            failures += [error] if error else []
        elif kind == "" and text:
            shown += 1
            part = part_of(text, block)
            if part != block:
                failures.append("not what the program prints:\n" + part)
                page = page.replace(block, part)
    if shown != SHOWN:
        failures.append(f"{PAGE} shows {shown} parts of runs, expected {SHOWN}")
    if "--rewrite" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page)
    for failure in failures:
        print(failure)
    print(f"{shown} compared, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
