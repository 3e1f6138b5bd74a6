"""Pictures: pixels and nothing else. Files are built here chunk by chunk."""

import zlib
from struct import pack

import pytest

from disclosure_control.outputs.custom_files import FileLimits, scan_bytes
from disclosure_control.verdict import Verdict

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name, body=b""):
    return pack(">I", len(body)) + name + body + pack(">I", zlib.crc32(name + body))


def header(width=4, height=3, depth=8, colour=2, lace=0):
    return chunk(b"IHDR", pack(">IIBBBBB", width, height, depth, colour, 0, 0, lace))


ROWS = 3 * (b"\x00" + b"\x10\x20\x30" * 4)
PIXELS = zlib.compress(ROWS)
GOOD = SIGNATURE + header() + chunk(b"IDAT", PIXELS) + chunk(b"IEND")


def png(*middle, head=None):
    return SIGNATURE + (head or header()) + b"".join(middle) + chunk(b"IEND")


def reasons(data, **limits):
    scan = scan_bytes(data, "plot.png", "cbs", limits=FileLimits(**limits))
    return [f.reason for f in scan.findings if f.rule != "read_by_people"]


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        png(chunk(b"pHYs", bytes(9)), chunk(b"gAMA", bytes(4)), chunk(b"IDAT", PIXELS)),
        png(chunk(b"IDAT", PIXELS[:5]), chunk(b"IDAT", PIXELS[5:])),
        png(
            chunk(b"PLTE", bytes(12)),
            chunk(b"IDAT", zlib.compress(3 * b"\x00\x1b")),
            head=header(depth=2, colour=3),
        ),
        # Passes of 4 x 3 pixels that are not empty: the first and the fourth to seventh.
        png(
            chunk(b"IDAT", zlib.compress(bytes(sum(r * (1 + c) for c, r in [(1, 1), (1, 1), (2, 1), (2, 2), (4, 1)])))),
            head=header(colour=0, lace=1),
        ),
    ],
    ids=["plain", "resolution", "two pieces", "palette", "interlaced"],
)  # fmt: skip
def test_a_picture_with_nothing_but_pixels_is_for_people_to_decide(data):
    scan = scan_bytes(data, "plot.png", "cbs")
    assert [f.rule for f in scan.findings] == ["read_by_people"]
    assert (scan.kind, scan.verdict) == ("png", Verdict.REVIEW)
    assert (scan.summary.width, scan.summary.height, scan.summary.rows) == (4, 3, 0)


@pytest.mark.parametrize(
    "name", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"tIME", b"prVt", b"acTL", b"ABCD"]
)
def test_text_metadata_and_unknown_chunks_are_unsafe_and_not_quoted(name):
    (reason,) = reasons(png(chunk(name, b"Author\x00Piet de Vries"), chunk(b"IDAT", PIXELS)))
    assert reason == "1 chunks hold text, metadata or something unknown"


BROKEN = {
    "data behind the end": (GOOD + b"PK\x03\x04", "4 bytes stand behind the picture's end"),
    "cut off": (GOOD[:-6], "no end"),
    "chunk cut off": (GOOD[:46], "cut off"),
    "no header": (SIGNATURE + chunk(b"IDAT", PIXELS) + chunk(b"IEND"), "header"),
    "two headers": (png(header(), chunk(b"IDAT", PIXELS)), "several times"),
    "damaged": (GOOD.replace(PIXELS, bytes([*PIXELS[:-1], PIXELS[-1] ^ 1])), "damaged"),
    "no pixels": (png(), "pixels are missing"),
    "gap in the pixels": (
        png(chunk(b"IDAT", PIXELS[:5]), chunk(b"gAMA", bytes(4)), chunk(b"IDAT", PIXELS[5:])),
        "other chunks stand between",
    ),
    "long chunk": (png(chunk(b"gAMA", bytes(400)), chunk(b"IDAT", PIXELS)), "longer than they can"),
    "stuffed end": (
        SIGNATURE + header() + chunk(b"IDAT", PIXELS) + chunk(b"IEND", b"secret"),
        "longer",
    ),
    "unused palette": (png(chunk(b"PLTE", bytes(9)), chunk(b"IDAT", PIXELS)), "cannot use"),
    "palette missing": (png(chunk(b"IDAT", PIXELS), head=header(colour=3)), "palette is missing"),
    "wrong depth": (png(chunk(b"IDAT", PIXELS), head=header(depth=3)), "not one of a PNG"),
    "no width": (png(chunk(b"IDAT", PIXELS), head=header(width=0)), "not one of a PNG"),
    "too few pixels": (png(chunk(b"IDAT", zlib.compress(ROWS[:-1]))), "do not fill"),
    "too many pixels": (png(chunk(b"IDAT", zlib.compress(ROWS + b"x"))), "more than the picture's"),
    "no pixels at all": (png(chunk(b"IDAT", b"garbage")), "cannot be inflated"),
    "behind the pixels": (png(chunk(b"IDAT", PIXELS + b"secret")), "behind the pixels"),
    "piece behind": (png(chunk(b"IDAT", PIXELS), chunk(b"IDAT", b"secret")), "behind the pixels"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_hidden_in_or_wrong_with_a_picture_is_named(data, message):
    assert any(message in reason for reason in reasons(data)), reasons(data)


def test_a_bomb_is_found_without_inflating_it():
    bomb = zlib.compress(bytes(300_000_000), 9)
    assert len(bomb) < 400_000
    assert reasons(png(chunk(b"IDAT", bomb))) == [
        "the pixels inflate to more than the picture's size"
    ]
    (reason,) = reasons(png(chunk(b"IDAT", bomb), head=header(width=60_000, height=60_000)))
    assert "larger than" in reason


def test_absurd_dimensions_and_too_many_chunks_are_unsafe():
    long = png(chunk(b"IDAT", PIXELS), head=header(width=10_001, height=1))
    assert "larger than 10,000 pixels on a side" in reasons(long)[0]
    many = png(*[chunk(b"IDAT")] * 40, chunk(b"IDAT", PIXELS))
    assert reasons(many) == []
    assert "more than 30 chunks" in reasons(many, maximum_chunks=30)
