"""Reading PNG files chunk by chunk. Source: PNG specification, third edition (W3C, 2025)."""

import zlib
from dataclasses import dataclass
from struct import unpack

from disclosure_control.outputs.custom_files.kinds import PNG_SIGNATURE
from disclosure_control.outputs.custom_files.limits import FileLimits

HEADER, PALETTE, PIXELS, END = b"IHDR", b"PLTE", b"IDAT", b"IEND"
_LARGEST = {
    HEADER: 13, PALETTE: 768, END: 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1,
    b"sBIT": 4, b"bKGD": 6, b"pHYs": 9,
}  # fmt: skip
"""Chunks that may occur besides the pixels, with their greatest length; nothing is hidden there."""
_SAMPLES = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)),
            6: (4, (8, 16))}  # fmt: skip
"""Colour type: samples per pixel and the bit depths allowed."""
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
           (0, 1, 1, 2))  # fmt: skip
"""Interlaced pictures: first column and row, and steps, of the seven passes."""
_SLICE = 1 << 16


@dataclass(frozen=True)
class Picture:
    """Width and height in pixels (0 when unknown) and what is wrong, in words."""

    width: int
    height: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    body: memoryview
    whole: bool


def read_png(data: bytes, limits: FileLimits) -> Picture:
    """The picture in ``data``. Pixels are inflated in slices and never kept."""
    chunks, faults = _chunks(data, limits)
    if not chunks or chunks[0].name != HEADER or len(chunks[0].body) != _LARGEST[HEADER]:
        return Picture(0, 0, (*faults, "the header is missing or damaged"))
    faults += _order(chunks)
    width, height, depth, colour, packing, filtering, lace = unpack(">IIBBBBB", chunks[0].body)
    samples, depths = _SAMPLES.get(colour, (0, ()))
    if depth not in depths or packing or filtering or lace > 1 or not width or not height:
        return Picture(width, height, (*faults, "the header is not one of a PNG picture"))
    if max(width, height) > limits.maximum_side or width * height > limits.maximum_pixels:
        return Picture(width, height, (*faults, _too_large(limits)))
    faults += _extras(chunks, colour, depth)
    if not faults:
        faults += _pixels(chunks, _raw_size(width, height, samples * depth, lace))
    return Picture(width, height, tuple(faults))


def _chunks(data: bytes, limits: FileLimits) -> tuple[list[_Chunk], list[str]]:
    found: list[_Chunk] = []
    view, place = memoryview(data), len(PNG_SIGNATURE)
    while place + 12 <= len(data):
        length, name = unpack(">I4s", view[place : place + 8])
        stop = place + 8 + length
        if stop + 4 > len(data):
            return found, ["a chunk is cut off"]
        body = view[place + 8 : stop]
        (checksum,) = unpack(">I", view[stop : stop + 4])
        found.append(_Chunk(name, body, zlib.crc32(body, zlib.crc32(name)) == checksum))
        place = stop + 4
        if name == END:
            rest = len(data) - place
            return found, [f"{rest} bytes stand behind the picture's end"] if rest else []
        if len(found) > limits.maximum_chunks:
            return found, [f"more than {limits.maximum_chunks:,} chunks"]
    return found, ["the picture has no end"]


def _order(chunks: list[_Chunk]) -> list[str]:
    names = [chunk.name for chunk in chunks]
    faults = []
    damaged = sum(not chunk.whole for chunk in chunks)
    if damaged:
        faults.append(f"{damaged} chunks are damaged (checksum)")
    strange = sum(name not in _LARGEST and name != PIXELS for name in names)
    if strange:
        faults.append(f"{strange} chunks hold text, metadata or something unknown")
    long = sum(len(chunk.body) > _LARGEST.get(chunk.name, len(chunk.body)) for chunk in chunks)
    if long:
        faults.append(f"{long} chunks are longer than they can be")
    if any(names.count(name) > 1 for name in _LARGEST):
        faults.append("a chunk that may occur once occurs several times")
    pixels = [place for place, name in enumerate(names) if name == PIXELS]
    if not pixels or pixels[-1] - pixels[0] + 1 != len(pixels):
        faults.append("the pixels are missing, or other chunks stand between them")
    return faults


def _extras(chunks: list[_Chunk], colour: int, depth: int) -> list[str]:
    """The palette: there when needed, before the pixels, with no more colours than can be used."""
    names = [chunk.name for chunk in chunks]
    if PALETTE not in names:
        return ["the palette is missing"] if colour == 3 else []
    length = len(chunks[names.index(PALETTE)].body)
    usable = 3 * 2**depth if colour == 3 else 0
    if length % 3 or not length or length > usable or names.index(PALETTE) > names.index(PIXELS):
        return ["the palette has colours that the picture cannot use"]
    return []


def _raw_size(width: int, height: int, bits: int, lace: int) -> int:
    """How many bytes the pixels have before compression, filter bytes included."""
    if not lace:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for left, top, across, down in _PASSES:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _pixels(chunks: list[_Chunk], expected: int) -> list[str]:
    """Inflates to exactly the expected size, with nothing behind."""
    inflater = zlib.decompressobj()
    size = 0
    for chunk in chunks:
        if chunk.name != PIXELS:
            continue
        pending = bytes(chunk.body)
        while pending and not inflater.eof:
            try:
                size += len(inflater.decompress(pending, _SLICE))
            except zlib.error:
                return ["the pixels cannot be inflated"]
            pending = inflater.unconsumed_tail
            if size > expected:
                return ["the pixels inflate to more than the picture's size"]
        if pending or inflater.unused_data:
            return ["something stands behind the pixels"]
    if not inflater.eof or size != expected:
        return ["the pixels do not fill the picture"]
    return []


def _too_large(limits: FileLimits) -> str:
    return (
        f"the picture is larger than {limits.maximum_side:,} pixels on a side or "
        f"{limits.maximum_pixels:,} in all"
    )
