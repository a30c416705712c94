#!/usr/bin/env python3
"""Every test that docs/group-rules.md names exists, in the program that it names.
Usage: group_rules_test.py, from the root of the project."""

import pathlib
import re
import sys

PAGE = "docs/group-rules.md"
FEWEST = 300  # rules; the page has not lost its tables
NOT_BUILT = "not built"
CASE = re.compile(r'TEST_CASE(?:_METHOD)?\(\s*(?:\w+,\s*)?((?:"(?:[^"\\]|\\.)*"\s*)+)')


def names_in(folder):
    """The names of the test cases under a folder; pieces of a literal are joined."""
    names = set()
    for path in folder.rglob("*.cpp"):
        for pieces in CASE.findall(path.read_text(encoding="utf-8")):
            literal = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', pieces))
            names.add(literal.replace('\\"', '"'))
    return names


def main():
    known = {}
    problems = []
    rules = 0
    for number, line in enumerate(pathlib.Path(PAGE).read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 3 or cells[1] == "program":
            continue
        rules += 1
        _, program, name = cells
        if program == NOT_BUILT:
            continue
        folder = pathlib.Path("tests") / program.removeprefix("test_")
        if program not in known:
            known[program] = names_in(folder) if folder.is_dir() else None
        if known[program] is None:
            problems.append(f"{PAGE}:{number}: no program {program}")
        elif name not in known[program]:
            problems.append(f"{PAGE}:{number}: {program} has no test named: {name}")
    if rules < FEWEST:
        problems.append(f"{PAGE}: {rules} rules; at least {FEWEST} are expected")
    print("\n".join(problems) or f"{rules} rules, every test is there")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
