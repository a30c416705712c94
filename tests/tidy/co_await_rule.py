# Finds the statements with co_await that g++ 12 compiles into double frees: those with a braced
# temporary, a closure that captures by value, or a conditional operator in the same full
# expression, and those that wait in the condition of an if, while or switch. It cannot see types,
# so it also reports harmless ones; the way out is always a named local.
import re

from cpp_text import brackets, is_lambda_introducer, line_of, without_comments_and_literals


def _is_control(text, bracket):
    return re.search(r"\b(?:if|if\s+constexpr|while|for|switch)$", text[: bracket.open].rstrip())


def _is_in_condition(text, pairs, position):
    container = _innermost(pairs, position)
    while container is not None and container.kind not in ("block", "lambda"):
        before = text[: container.open].rstrip()
        if container.kind == "(" and re.search(r"\b(?:if|while|switch)$", before):
            return True
        container = container.parent
    return False


def _innermost(pairs, position):
    best = None
    for pair in pairs:
        if pair.open >= position:
            break
        if pair.close > position:
            best = pair
    return best


def _full_expression(text, pairs, position):
    """The range of the full expression (or the declaration) around a position."""
    container = _innermost(pairs, position)
    while container is not None:
        if container.kind in ("block", "lambda"):
            break
        if container.kind == "(" and _is_control(text, container):
            break
        container = container.parent
    first = container.open + 1 if container else 0
    last = container.close if container else len(text)
    begin, end = first, last
    # Boundaries are semicolons and blocks directly inside the container.
    skip_until = -1
    children = {pair.open: pair for pair in pairs if pair.parent is container}
    for index in range(first, last):
        if index <= skip_until:
            continue
        child = children.get(index)
        if child is not None:
            skip_until = child.close
            if child.kind == "block":
                if child.close < position:
                    begin = child.close + 1
                elif child.open > position:
                    end = child.open
                    break
        elif text[index] == ";":
            if index < position:
                begin = index + 1
            else:
                end = index
                break
    return begin, end


def _captures_by_value(text, bracket):
    captures = text[bracket.open + 1 : bracket.close]
    for capture in re.split(r",(?![^()]*\))", captures):
        capture = capture.strip()
        if capture and not capture.startswith("&") and capture != "this":
            return True
    return False


def _faults(text, pairs, begin, end):
    inside = [pair for pair in pairs if begin <= pair.open < end]
    hidden = [(pair.open, pair.close) for pair in inside if pair.kind == "lambda"]

    def visible(position):
        return not any(first < position < last for first, last in hidden)

    faults = []
    if any(pair.kind == "initialiser" and visible(pair.open) for pair in inside):
        faults.append("a braced temporary")
    for pair in inside:
        if pair.kind == "[" and visible(pair.open) and is_lambda_introducer(text, pair):
            if _captures_by_value(text, pair):
                faults.append("a closure that captures by value")
                break
    if any(visible(match.start() + begin) for match in re.finditer(r"\?", text[begin:end])):
        faults.append("a conditional operator")
    return faults


def check(source):
    """Yields (line, message) for each statement that has to be taken apart."""
    text = without_comments_and_literals(source)
    if "co_await" not in text:
        return
    pairs = brackets(text)
    seen = set()
    for match in re.finditer(r"\bco_await\b", text):
        begin, end = _full_expression(text, pairs, match.start())
        if begin in seen:
            continue
        seen.add(begin)
        faults = _faults(text, pairs, begin, end)
        if _is_in_condition(text, pairs, match.start()):
            faults.append("a condition around it")
        if faults:
            what = ", ".join(faults)
            yield line_of(text, match.start()), (
                f"co_await in one statement with {what}: name it in a local first "
                "(g++ 12 destroys it twice)"
            )
