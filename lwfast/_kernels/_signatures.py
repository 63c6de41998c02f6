"""The grammar in which decorators of kernels state the types of arguments.

    signature  argument {"," argument}
    argument   ["const"] number ["[" ":" {"," ":"} "]"]  |  "(" signature ")"
    number     a name of `CODES`

An argument becomes a code, which the build, the extension and the tests share: `d`, a number; `ad2`, an
array of two dimensions; `rd2`, one that is only read; `(qq)`, a tuple.
"""

from __future__ import annotations

import re

CODES = {
    "bool": "?",
    "uint8": "B",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float64": "d",
    "complex128": "D",
}
_TOKEN = re.compile(r"\s*(const\b|\w+(?:\[[:,\s]*\])?|[(),])")
_NUMBER = re.compile(r"(\w+)(?:\[\s*(:(?:\s*,\s*:)*)\s*\])?")


def codes_of(signature: str) -> tuple[str, ...]:
    """Return the code of each argument.

    Raises:
        ValueError: The text is not a signature.
    """
    tokens: list[str] = []
    at = 0
    text = signature.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(_wrong(signature, text[at:]))
        tokens.append(found[1])
        at = found.end()
    tokens.reverse()  # the next one is the last
    codes = _arguments(signature, tokens)
    if tokens:
        raise ValueError(_wrong(signature, tokens[-1]))
    return tuple(codes)


def _arguments(signature: str, tokens: list[str]) -> list[str]:
    codes = [_argument(signature, tokens)]
    while tokens and tokens[-1] == ",":
        tokens.pop()
        codes.append(_argument(signature, tokens))
    return codes


def _argument(signature: str, tokens: list[str]) -> str:
    word = tokens.pop() if tokens else ""
    if word == "(":
        inside = "".join(_arguments(signature, tokens))
        if not tokens or tokens.pop() != ")":
            raise ValueError(_wrong(signature, "a tuple that is not closed"))
        return f"({inside})"
    const = word == "const"
    if const:
        word = tokens.pop() if tokens else ""
    number = _NUMBER.fullmatch(word)
    if number is None or number[1] not in CODES or (const and number[2] is None):
        raise ValueError(_wrong(signature, word))
    code = CODES[number[1]]
    if number[2] is None:
        return code
    return f"{'r' if const else 'a'}{code}{number[2].count(':')}"


def _wrong(signature: str, what: str) -> str:
    names = ", ".join(CODES)
    return (
        f'The signature "{signature}" of a kernel cannot be read at "{what}". Numbers are {names}; arrays '
        'are written "const float64[:, :]", tuples "(int64, int64)".'
    )
