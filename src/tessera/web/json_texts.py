"""JSON spread over lines, also where its end is cut off, with every value as it was written. Pure."""

import re

INDENT = "  "
# A string, which may have lost its end; a mark; or anything else without blanks: numbers, words, what is no JSON.
PART = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
CLOSING = {"{": "}", "[": "]"}


def is_json(text: str) -> bool:
    """Say whether a text looks like a JSON list or object."""
    return text[:1] in CLOSING


def spread_json(text: str) -> str:
    """Return the text with one value a line."""
    parts = PART.findall(text)
    lines, depth = [""], 0
    for part, following in zip(parts, [*parts, ""][1:], strict=True):
        if part in CLOSING and following != CLOSING[part]:
            depth += 1
            lines[-1] += part
            lines.append(INDENT * depth)
        elif part in ("}", "]") and not lines[-1].rstrip().endswith(("{", "[")):
            depth = max(0, depth - 1)
            lines.append(INDENT * depth + part)
        elif part == ",":
            lines[-1] += part
            lines.append(INDENT * depth)
        else:
            lines[-1] += f"{part} " if part == ":" else part
    return "\n".join(line.rstrip() for line in lines)
