# Reads C++ just well enough for checks: blanks comments and literals, pairs brackets, tells what
# kind each brace is, finds functions. Leaves out the preprocessor and everything that needs types.
import re
from dataclasses import dataclass

_LITERALS = re.compile(
    r'(?P<comment>//[^\n]*|/\*.*?\*/)'
    r'|(?P<raw>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<character>(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+')",
    re.DOTALL,
)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments_and_literals(text):
    """The same text with the same lines and columns; what was a literal is now a pair of quotes."""

    def replace(match):
        found = match.group()
        if match.group("comment"):
            return _blank(found)
        return '"' + _blank(found[1:-1]) + '"'

    return _LITERALS.sub(replace, text)


def without_preprocessor(text):
    """Blanks directives, with the lines that continue them."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: _blank(m.group()), text, flags=re.M)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


@dataclass
class Bracket:
    kind: str  # ( [ < for parentheses and brackets; block, lambda, initialiser for braces
    open: int
    close: int
    parent: "Bracket | None"


_CLOSES = {")": "(", "]": "[", "}": "{"}
_HEADS = re.compile(r"\b(?:namespace|class|struct|union|enum|requires|concept)\b[^;{}()]*$")
_TRAILING = re.compile(
    r"\)\s*(?:(?:const|mutable|noexcept|override|final|constexpr|&&?)\s*)*(?:->\s*[\w:<>,\s*&]+)?$"
)
_BLOCK_WORDS = re.compile(r"\b(?:else|do|try|const|noexcept|override|final|mutable)$")


def is_lambda_introducer(text, bracket):
    """Whether this [ ] opens a lambda: something follows that a subscript never has before it."""
    before = text[: bracket.open].rstrip()
    if before and (before[-1].isalnum() or before[-1] in "_)]\"[") and not re.search(
        r"\b(?:return|co_return|co_await|co_yield)$", before
    ):
        return False
    after = text[bracket.close + 1 :].lstrip()
    return after[:1] in ("(", "{", "<") or bool(re.match(r"mutable\b|noexcept\b|->", after))


def _kind_of_brace(text, position, parent, last_closed):
    before = text[:position].rstrip()
    # Only the part since the last boundary matters; this also keeps the patterns fast.
    start = max(before.rfind(";"), before.rfind("{"), before.rfind("}")) + 1
    head = before[start:]
    introducer = _introducer_before(text, before, last_closed)
    if introducer:
        return "lambda"
    if not before:
        return "block"
    if before[-1] in ";}:":
        return "block"
    if before[-1] == "{":
        return "initialiser" if parent is not None and parent.kind == "initialiser" else "block"
    if _HEADS.search(head) or head.rstrip().endswith('"'):
        return "block"
    if _BLOCK_WORDS.search(head) or _TRAILING.search(head):
        return "block"
    return "initialiser"


def _introducer_before(text, before, last_closed):
    """The [ ] of the lambda whose body would open after `before`, if there is one."""
    if before.endswith("]"):
        bracket = last_closed.get(len(before) - 1)
        return bracket if bracket and is_lambda_introducer(text, bracket) else None
    match = _TRAILING.search(before[-400:])
    if not match:
        return None
    closing = max(len(before) - 400, 0) + match.start()
    parameters = last_closed.get(closing)
    if parameters is None:
        return None
    ahead = text[: parameters.open].rstrip()
    if ahead.endswith(">"):  # template parameters of a lambda
        ahead = re.sub(r"<[^<>]*>$", "", ahead).rstrip()
    bracket = last_closed.get(len(ahead) - 1) if ahead.endswith("]") else None
    return bracket if bracket and is_lambda_introducer(text, bracket) else None


def brackets(text):
    """All pairs of ( ), [ ] and { } in the order in which they open. Requires: literals blanked."""
    found, stack, closed = [], [], {}
    for match in re.finditer(r"[()\[\]{}]", text):
        character, position = match.group(), match.start()
        if character not in _CLOSES:
            parent = stack[-1] if stack else None
            kind = character
            if character == "{":
                kind = _kind_of_brace(text, position, parent, closed)
            bracket = Bracket(kind, position, len(text), parent)
            found.append(bracket)
            stack.append(bracket)
        elif stack:
            bracket = stack.pop()
            bracket.close = position
            closed[position] = bracket
    return found


@dataclass
class Function:
    name: str
    first_line: int
    last_line: int


def functions(text):
    """Functions with a body, with what is nested in them. Requires: literals blanked."""
    text = without_preprocessor(text)
    result, inside_until = [], -1
    for bracket in brackets(text):
        if bracket.kind != "block" or bracket.open < inside_until:
            continue
        start = _start_of_head(text, bracket)
        head = text[start : bracket.open]
        if "(" not in head or re.match(r"\s*(?:namespace|class|struct|union|enum|extern)\b", head):
            continue
        inside_until = bracket.close
        start += len(head) - len(head.lstrip())
        match = re.search(r"(operator\s*\S+|[\w:~]+)\s*\(", head)
        name = match.group(1) if match else "a function"
        result.append(Function(name, line_of(text, start), line_of(text, bracket.close)))
    return result


def _start_of_head(text, bracket):
    """Where the declaration before a body begins; member initialisers in braces belong to it."""
    depth, position = 0, bracket.open - 1
    while position >= 0:
        character = text[position]
        if character in ")]}":
            if character == "}" and depth == 0 and not re.match(r"\s*[,{]", text[position + 1 :]):
                break
            depth += 1
        elif character in "([{":
            if depth == 0:
                break
            depth -= 1
        elif character == ";" and depth == 0:
            break
        position -= 1
    head = text[position + 1 : bracket.open]
    labels = re.match(r"\s*(?:public|private|protected)\s*:", head)
    return position + 1 + (labels.end() if labels else 0)
