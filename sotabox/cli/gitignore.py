"""The language of `.gitignore` (pure), exactly as git reads it.

A pattern becomes a regular expression over bytes, as git compares bytes: `?` is one of them. What git
never matches, such as a class that does not end, matches nothing here either.

Source: git's `dir.c` (`parse_path_pattern`, `match_pathname`) and `wildmatch.c`, of 2.39
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SPECIAL: Final = frozenset(b"*?[\\")
_NOTHING: Final = b"(?!)"
_CLASSES: Final = {
    b"alnum": b"0-9A-Za-z", b"alpha": b"A-Za-z", b"blank": b" \\t", b"cntrl": b"\\x00-\\x1f\\x7f",
    b"digit": b"0-9", b"graph": b"!-~", b"lower": b"a-z", b"print": b" -~",
    b"punct": b"!-/:-@\\[-`{-~", b"space": b" \\t-\\r", b"upper": b"A-Z", b"xdigit": b"0-9A-Fa-f",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line that is neither empty nor a comment.

    Attributes:
        regex: of a whole name, or of a whole path where `anchored`.
        takes_back: it begins with `!`.
        folders_only: it ends with a slash.
        anchored: it holds a slash elsewhere, and so counts from its file's own folder.
    """

    regex: bytes
    takes_back: bool
    folders_only: bool
    anchored: bool


def parse_patterns(text: bytes) -> Iterator[Pattern]:
    """The patterns of a file, in order."""
    for ended in text.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        line = ended.removesuffix(b"\r")
        if not line or line.startswith(b"#"):
            continue
        line = _trimmed(line)
        takes_back = line.startswith(b"!")
        body = line[1:] if takes_back else line
        folders_only = body.endswith(b"/")
        body = body[:-1] if folders_only else body
        anchored = b"/" in body
        regex = _path_regex(body) if anchored else _translate(body)
        yield Pattern(regex, takes_back, folders_only, anchored)


def _trimmed(line: bytes) -> bytes:
    """Without the spaces at its end, unless a backslash keeps them."""
    spaces = None
    at = 0
    while at < len(line):
        if line[at] == ord(" "):
            spaces = at if spaces is None else spaces
        elif line[at] == ord("\\"):
            at += 1
            if at == len(line):
                return line
            spaces = None
        else:
            spaces = None
        at += 1
    return line if spaces is None else line[:spaces]


def _path_regex(body: bytes) -> bytes:
    # git compares the plain beginning first, and reads the rest as a pattern of its own: therefore
    # `a**` also goes over slashes, as its `**` begins a pattern.
    body = body.removeprefix(b"/")
    plain = next((at for at, char in enumerate(body) if char in _SPECIAL), len(body))
    return re.escape(body[:plain]) + _translate(body[plain:])


def _translate(body: bytes) -> bytes:
    """The expression of a pattern of which no plain beginning was cut off, or of what was left."""
    parts = []
    at = 0
    while at < len(body):
        char = body[at : at + 1]
        if char == b"*":
            part, at = _stars(body, at)
        elif char == b"?":
            part, at = b"[^/]", at + 1
        elif char == b"[":
            part, at = _class(body, at + 1)
        elif char == b"\\":
            part = re.escape(body[at + 1 : at + 2]) or _NOTHING
            at += 2
        else:
            part, at = re.escape(char), at + 1
        parts.append(part)
    return b"".join(parts)


def _stars(body: bytes, at: int) -> tuple[bytes, int]:
    end = at
    while body[end : end + 1] == b"*":
        end += 1
    after = body[end:]
    is_whole = end - at > 1 and body[at - 1 : at] in {b"", b"/"}
    if not is_whole or not (not after or after.startswith((b"/", b"\\/"))):
        return b"[^/]*", end
    if after.startswith(b"/"):
        return b"(?:.*/)?", end + 1
    return b".*", end


class _Endless(Exception):
    """A class that does not end, or that git does not know: nothing matches it."""


def _class(body: bytes, at: int) -> tuple[bytes, int]:
    """The expression of a class whose `[` stands before `at`, and where the rest begins."""
    negated = body[at : at + 1] in {b"!", b"^"}
    try:
        inside, end = _members(body, at + negated)
    except _Endless:
        return _NOTHING, len(body)
    if not inside:
        return (b"[^/]" if negated else _NOTHING), end
    return b"(?!/)[" + (b"^" if negated else b"") + inside + b"]", end


def _members(body: bytes, begin: int) -> tuple[bytes, int]:
    """What is in a class that begins at `begin`, where `]` is no end yet."""
    members: list[bytes] = []
    before: int | None = None  # the byte from which a range may go on
    at = begin
    while at == begin or body[at : at + 1] != b"]":
        following = body[at + 1 : at + 2]
        if body[at : at + 1] == b"-" and before is not None and following not in {b"", b"]"}:
            char, at = _literal(body, at + 1)
            if before <= char:
                members.append(_byte(before) + b"-" + _byte(char))
            before = None
        elif body[at : at + 2] == b"[:" and (end := _end_of_named(body, at + 2)) is not None:
            members.append(_named(body[at + 2 : end - 1]))
            before, at = None, end + 1
        else:
            before, at = _literal(body, at)
            members.append(_byte(before))
    return b"".join(members), at + 1


def _literal(body: bytes, at: int) -> tuple[int, int]:
    """A byte of a class, which a backslash may keep from meaning something; what follows it."""
    at += body[at : at + 1] == b"\\"
    if at >= len(body):
        raise _Endless
    return body[at], at + 1


def _end_of_named(body: bytes, begin: int) -> int | None:
    """Where the `]` of `[:…:]` is; None where it is no such thing."""
    end = body.find(b"]", begin)
    if end < 0:
        raise _Endless
    return end if end > begin and body[end - 1 : end] == b":" else None


def _named(name: bytes) -> bytes:
    if name not in _CLASSES:
        raise _Endless
    return _CLASSES[name]


def _byte(value: int) -> bytes:
    return b"\\x%02x" % value
