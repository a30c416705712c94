#!/usr/bin/env python3
# Checks of the source text that no compiler makes: who includes whom, sizes, banned calls, co_await
# statements that g++ 12 miscompiles, plain text hygiene. Prints file:line: message; exit 1 if any.
# Leaves out what clang-format and clang-tidy see.
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # leaves no __pycache__ in the tree

import co_await_rule
from cpp_text import functions, line_of, without_comments_and_literals

FILE_LINES = 500
FUNCTION_LINES = 70
COLUMNS = 100

# ---- who may include whom ------------------------------------------------------------------------

ALL = {"sim", "protocol", "client", "broker", "producer", "consumer", "scenarios/engine",
       "explain"}
MAY_INCLUDE = {
    "sim": {"sim"},
    "protocol": {"protocol"},
    "client": {"client", "sim", "protocol"},
    "broker": {"broker", "sim", "protocol"},
    "producer": {"producer", "client", "sim", "protocol"},
    "consumer": {"consumer", "client", "sim", "protocol"},
    "scenarios/engine": ALL - {"explain"},
    "explain": {"explain", "protocol"},
    "cli": {"cli", "scenarios/engine", "explain"},
    "bench": ALL | {"bench", "tests"},  # it times what tests replay
    "tests": ALL | {"cli", "tests"},
}

# Libraries: a prefix of the included path, and the files that may include it.
LIBRARIES = [
    ("boost/crc.hpp", r"protocol/.*\.cpp"),
    ("boost/", r"sim/executor\.hpp|sim/.*\.cpp"),
    ("xxhash.h", r"sim/.*"),
    ("yaml-cpp/", r"scenarios/engine/.*|tests/.*"),
    ("nlohmann/", r"scenarios/engine/.*|cli/.*|bench/.*|tests/.*"),
    ("CLI/", r"cli/.*|tests/cli/.*"),
    ("catch2/", r"tests/support/catch\.hpp|tests/main\.cpp"),
]


def folder_of(path):
    return "scenarios/engine" if path.startswith("scenarios/engine/") else path.split("/")[0]


def check_includes(path, source, root):
    folder = folder_of(path)
    includes = [
        (line_of(source, match.start()), match.group(1), match.group(2))
        for match in re.finditer(r'^[ \t]*#\s*include\s*([<"])([^>"]+)[>"]', source, re.M)
    ]
    for line, bracket, name in includes:
        for prefix, allowed in LIBRARIES:
            if name.startswith(prefix):
                if not re.fullmatch(allowed, path):
                    yield line, f"<{name}> is not included here; only by {allowed}"
                break
        if bracket == "<":
            continue
        if not (root / name).exists():
            yield line, f'"{name}" is not a path from the root of the project'
        elif folder_of(name) not in MAY_INCLUDE.get(folder, set()):
            yield line, f'{folder} does not include {folder_of(name)} ("{name}")'
    own = re.sub(r"\.cpp$", ".hpp", path)
    quoted = [entry for entry in includes if entry[1] == '"']
    if own != path and own in [name for _, _, name in quoted] and includes[0][2] != own:
        yield includes[0][0], f'the first include is the own header, "{own}"'


# ---- banned calls --------------------------------------------------------------------------------

REAL_CLIENT = r"bench/librdkafka_bench\.cpp"
# What, why, and the files where it is allowed.
BANNED = [
    (r"\bstd::rand\b|\bsrand\s*\(|(?<![\w.>:])rand\s*\(\s*\)", "use sim::Rng", ""),
    (r"(?:\bstd::|(?<![\w)])::)time\s*\(|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0|&)",
     "time is virtual; ask the process", ""),
    (r"\b(?:system|steady|high_resolution)_clock\b|\bgettimeofday\b|\bclock_gettime\b",
     "time is virtual; ask the process", r"bench/.*"),
    (r"\brandom_device\b", "use sim::Rng", ""),
    (r"\bstd::\w+_distribution\b|\bstd::(?:shuffle|sample|default_random_engine|uniform_\w+)\b",
     "differs between standard libraries; use sim::Rng", ""),
    (r"\bgetenv\b", "only the command line reads the environment", r"cli/.*|tests/.*"),
    (r"\basio::detached\b", "swallows exceptions; use sim::spawn", ""),
    (r"\bexperimental::", "nothing experimental", ""),
    (r"\bsleep_for\b|\bthis_thread\b|\b(?:u|nano)sleep\s*\(", "nothing waits in real time",
     REAL_CLIENT),
    (r"\bstd::j?thread\b|\bstd::async\b|\bpthread_\w+", "one world is one thread", REAL_CLIENT),
]
LOOKUP_ONLY = "lookup only"


def check_banned(path, source, code):
    for pattern, why, allowed in BANNED:
        if allowed and re.fullmatch(allowed, path):
            continue
        for match in re.finditer(pattern, code):
            yield line_of(code, match.start()), f"{match.group().strip()}: {why}"
    lines = source.split("\n")
    for number, line in enumerate(code.split("\n"), 1):
        if "unordered_" not in line or line.lstrip().startswith("#"):
            continue
        nearby = lines[number - 1] + (lines[number - 2] if number > 1 else "")
        if not re.search(r"//.*" + LOOKUP_ONLY, nearby):
            yield number, (
                "unordered containers have no fixed order: use std::map, or say "
                f"`// {LOOKUP_ONLY}` where it is never iterated"
            )


# ---- sizes ---------------------------------------------------------------------------------------


def check_sizes(source, code):
    count = source.count("\n")
    if count > FILE_LINES:
        yield FILE_LINES + 1, f"the file has {count} lines; at most {FILE_LINES}"
    for function in functions(code):
        length = function.last_line - function.first_line + 1
        if length > FUNCTION_LINES:
            yield function.first_line, (
                f"{function.name} has {length} lines; at most {FUNCTION_LINES}"
            )


# ---- plain text ----------------------------------------------------------------------------------

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
# Words about how this was written rather than what it is, places on one machine, numbers of lists
# that are not here.
FOREIGN = [
    (re.compile(r"/work/|/root/|/home/\w+/"), "a path of one machine"),
    (re.compile(r"\bissue #?\d+|\bissue #", re.I), "the number of an issue"),
    (re.compile(r"\b(?:agents?|claude|llms?|chatgpt|copilot)\b", re.I), "not about the project"),
    (re.compile(r"\b[PLRCGTX]-\d{3}\b"), "a rule's number; write the rule in words"),
]
SHARED = re.compile(r"\.\./shared\b")


def check_text(path, source):
    is_code = path.endswith((".cpp", ".hpp", ".py", ".cmake", "CMakeLists.txt")) or path == "dev"
    if source and not source.endswith("\n"):
        yield source.count("\n") + 1, "the file does not end in a newline"
    if source.endswith("\n\n"):
        yield source.count("\n"), "empty lines at the end of the file"
    for number, line in enumerate(source.split("\n"), 1):
        if "\t" in line:
            yield number, "a tab"
        if line.endswith((" ", "\r")):
            yield number, "white space at the end of the line"
        if is_code and len(line) > COLUMNS:
            yield number, f"{len(line)} columns; at most {COLUMNS}"
        if path.startswith("tests/tidy/"):
            continue
        if UNFINISHED.search(line):
            yield number, f"unfinished: {UNFINISHED.search(line).group()}"
        for pattern, why in FOREIGN:
            if pattern.search(line):
                yield number, f"'{pattern.search(line).group()}': {why}"
        if SHARED.search(line) and not path.startswith("tests/"):
            yield number, "the project stands alone"


def check_opening(path, source):
    opening = "//" if path.endswith((".cpp", ".hpp")) else "#"
    if not source.startswith(opening):
        yield 1, "a file opens with a comment: what it is and what it leaves out"
    if path.endswith(".hpp") and not re.search(r"^#pragma once$", source, re.M):
        yield 1, "a header without #pragma once"


# ---- all together --------------------------------------------------------------------------------

TEXT_ENDINGS = (".cpp", ".hpp", ".py", ".cmake", ".txt", ".md", ".yaml", ".json", ".sh")
TEXT_NAMES = ("dev", ".ci/run", ".clang-format", ".clang-tidy")
# Not ours to shape: what is built, what was recorded, what is wrong on purpose.
LEFT_OUT = ("build/", ".git/", ".cache/", "tests/golden/", "tests/scenarios/broken/")


def check_file(path, source, root):
    """Yields (line, message) for one file; path is relative to root, with forward slashes."""
    yield from check_text(path, source)
    if path.endswith((".cpp", ".hpp")):
        code = without_comments_and_literals(source)
        yield from check_opening(path, source)
        yield from check_includes(path, source, root)
        yield from check_banned(path, source, code)
        yield from check_sizes(source, code)
        yield from co_await_rule.check(source)
    elif path.endswith((".py", ".cmake", "CMakeLists.txt")) or path == "dev":
        yield from check_opening(path, source)


def files_of(root):
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.startswith(LEFT_OUT) or "__pycache__" in name or not path.is_file():
            continue
        if name.endswith(TEXT_ENDINGS) or name in TEXT_NAMES:
            yield name


def check_tree(root):
    """Yields (path, line, message) for all files below root."""
    for name in files_of(root):
        try:
            source = (root / name).read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            yield name, 1, f"not UTF-8: {error}"
            continue
        for line, message in sorted(check_file(name, source, root)):
            yield name, line, message


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2]).resolve()
    findings = list(check_tree(root))
    for name, line, message in findings:
        print(f"{name}:{line}: {message}")
    count = sum(1 for _ in files_of(root))
    print(f"tidy: {count} files, {len(findings)} findings")
    return 1 if findings or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
