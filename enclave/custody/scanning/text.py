"""Reading any bytes as text, in blocks, with memory that does not grow with the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from enclave.custody.scanning.shapes import is_identifier_name, numbers_beyond_chance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from enclave.custody.scanning.needles import Needles

BLOCK = 1 << 20
_OVERLAP = 512
_MOST_NUMBERS = 200_000
_NUMBER = re.compile(rb"(?<![0-9A-Za-z])\d{9}(?![0-9A-Za-z])")
_FIELD = re.compile(
    rb"""\\?["'](?P<name>[A-Za-z_ -]{3,24})\\?["']\s*:\s*"""
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
    numbers: set[bytes] = set()
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
            numbers.update(match[0] for match in _NUMBER.finditer(data) if match.end() < end)
        if needles:
            found["needles"] += needles.count_in(data) - needles.count_in(carry)
        carry = data[-max(_OVERLAP, needles.longest) :]
    passing = numbers_beyond_chance(pl.Series([item.decode() for item in numbers], dtype=pl.String))
    found["numbers that pass the eleven test"] = passing
    yield from ((kind, count) for kind, count in found.items() if count)


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
