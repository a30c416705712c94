#!/usr/bin/env python3
"""The README shows the program as it is: its scenario stands in scenarios/, and the output beside
it is what the program prints. Usage: readme_test.py PROGRAM, from the root of the project."""

import re
import subprocess
import sys

LESSON = "scenarios/duplicate-after-lost-ack.yaml"


def main():
    with open("README.md", encoding="utf-8") as file:
        blocks = re.findall(r"^```(\w*)\n(.*?)^```$", file.read(), re.S | re.M)
    scenario = next(text for kind, text in blocks if kind == "yaml")
    output = next(text for kind, text in blocks if text.startswith("duplicate-after-lost-ack"))
    with open(LESSON, encoding="utf-8") as file:
        lesson = file.read()
    run = subprocess.run([sys.argv[1], "run", LESSON], capture_output=True, text=True, check=False)
    failures = []
    if not lesson.startswith(scenario.rstrip("\n")):
        failures.append(f"the scenario of the README is not the beginning of {LESSON}")
    if run.returncode != 0:
        failures.append(f"the program ended with {run.returncode}: {run.stderr}")
    if run.stdout != output:
        failures.append("the output in the README is not what the program prints:\n" + run.stdout)
    for failure in failures:
        print(failure)
    print(f"{3 - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
