"""Reading any bytes as text, in blocks, with memory that does not grow with the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from enclave.custody.scanning.shapes import is_identifier_name, numbers_beyond_chance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from enclave.custody.scanning.needles import Needles

BLOCK = 1 << 20
_OVERLAP = 512
_MOST_NUMBERS = 200_000
_NUMBER = re.compile(rb"\d{9}(?![0-9A-Za-z])")
_FIELD = re.compile(
    rb"""["'](?P<name>[A-Za-z_ -]{3,24})\\?["']\s*:\s*"""
    rb"""(?:\\?["'](?P<text>[^"'\\]{1,64})|(?P<number>\d{4,9})(?![\d.]))"""
)
_ELEMENT = re.compile(
    rb"<(?:\w+:)?(?P<name>[A-Za-z_-]{3,24})\b[^<>]{0,64}>\s*(?P<text>[^<]{1,64})<"
)


def scan_text(blocks: Iterable[bytes], needles: Needles) -> Iterator[tuple[str, int]]:
    """Kinds of identifier in a stream of bytes, with how many there are.

    Finds exact needles, fields of JSON and elements of XML with an identifier's name and a value
    with a figure in it, and free-standing nine-digit numbers that pass an eleven test more often
    than chance allows.
    """
    found = {"needles": 0, "named fields": 0}
    numbers: set[str] = set()
    carry = b""
    for block, last in _with_last(blocks):
        data = carry + block
        end = len(data) + 1 if last else len(data)
        found["named fields"] += sum(
            _is_identifying(match)
            for pattern in (_FIELD, _ELEMENT)
            for match in pattern.finditer(data)
            if len(carry) <= match.end() < end
        )
        if len(numbers) < _MOST_NUMBERS:
            numbers.update(_standing_alone(data, end))
        if needles:
            found["needles"] += needles.count_in(data) - needles.count_in(carry)
        carry = data[-max(_OVERLAP, needles.longest) :]
    found["numbers that pass the eleven test"] = numbers_beyond_chance(numbers)
    yield from ((kind, count) for kind, count in found.items() if count)


def count_needles(blocks: Iterable[bytes], needles: Needles) -> Iterator[tuple[str, int]]:
    """Exact needles alone in a stream of bytes that is no text: sealed or compressed."""
    count = 0
    carry = b""
    for block in blocks if needles else ():
        data = carry + block
        count += needles.count_in(data) - needles.count_in(carry)
        carry = data[-needles.longest :]
    if count:
        yield "needles", count


def _standing_alone(data: bytes, end: int) -> Iterator[str]:
    """Nine figures with neither figure nor letter on either side."""
    for match in _NUMBER.finditer(data):
        start = match.start()
        if match.end() < end and not data[max(start - 1, 0) : start].isalnum():
            yield match[0].decode()


def _is_identifying(match: re.Match[bytes]) -> bool:
    """Whether a named value could be one: a type name or an empty text has no figure in it."""
    value = match.groupdict().get("number") or match["text"]
    figures = any(48 <= byte <= 57 for byte in value)
    return figures and is_identifier_name(match["name"].decode())


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last one."""
    previous: bytes | None = None
    for block in blocks:
        if previous is not None:
            yield previous, False
        previous = block
    if previous is not None:
        yield previous, True
