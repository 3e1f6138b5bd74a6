"""One release as bytes: a header in JSON, then arrays. Nothing in it is ever executed."""

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.differencing.cells import Ints, PublishedCell
from disclosure_control.differencing.coding import CodedTable, Numbering
from disclosure_control.differencing.regression import Added

Arrays = Mapping[str, npt.NDArray[Any]]
_MAGIC = b"released\x01"
_ALIGNED = 64
_WORKED_OUT = ("kept", "rows", "shadows", "own", "remains")


def pack(header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """A header and named arrays as bytes."""
    places, start = {}, 0
    for name, array in arrays.items():
        places[name] = [array.dtype.str, list(array.shape), start]
        start += -(-array.nbytes // _ALIGNED) * _ALIGNED
    text = json.dumps({"header": header, "arrays": places}, sort_keys=True).encode()
    buffer = io.BytesIO()
    buffer.write(_MAGIC + len(text).to_bytes(8, "little") + text)
    for array in arrays.values():
        data = np.ascontiguousarray(array).tobytes()
        buffer.write(data + b"\0" * (-len(data) % _ALIGNED))
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """What ``pack`` put together.

    Raises:
        ValueError: the bytes are something else.
    """
    if not data.startswith(_MAGIC):
        raise ValueError("not a release")
    begin = len(_MAGIC) + 8
    end = begin + int.from_bytes(data[len(_MAGIC) : begin], "little")
    content = json.loads(data[begin:end])
    arrays = {}
    for name, (kind, shape, start) in content["arrays"].items():
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(data, np.dtype(kind), count, end + start)
        arrays[name] = array.reshape(shape)
    return content["header"], arrays


def of_table(table: CodedTable) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """A coded table as a header and arrays; the same table gives the same."""
    used = int(np.flatnonzero(table.codes).max(initial=-1)) + 1
    arrays: dict[str, npt.NDArray[Any]] = {"codes": table.codes[:used]}
    for name, matrix in (("shown", table.shown), ("hidden", table.hidden)):
        for part in ("data", "indices", "indptr"):
            arrays[f"{name}.{part}"] = getattr(matrix, part).astype(np.int64)
    header = {
        "name": table.name,
        "classes": table.classes,
        "shown": [_of_cell(cell) for cell in table.shown_cells],
        "hidden": [_of_cell(cell) for cell in table.hidden_cells],
    }
    return header, arrays


def as_table(header: Mapping[str, Any], arrays: Arrays) -> CodedTable:
    """The table that ``of_table`` took apart."""
    from scipy.sparse import csc_matrix

    matrices = {
        name: csc_matrix(
            tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr")),
            shape=(header["classes"], len(header[name])),
        )
        for name in ("shown", "hidden")
    }
    return CodedTable(
        name=header["name"],
        codes=arrays["codes"].copy(),
        shown=matrices["shown"],
        hidden=matrices["hidden"],
        shown_cells=tuple(_as_cell(cell, shown=True) for cell in header["shown"]),
        hidden_cells=tuple(_as_cell(cell, shown=False) for cell in header["hidden"]),
    )


def of_added(added: Added) -> dict[str, npt.NDArray[Any]]:
    """What was worked out about a table."""
    return {name: getattr(added, name) for name in _WORKED_OUT}


def as_added(table: CodedTable, arrays: Arrays) -> Added:
    """What ``of_added`` took apart."""
    return Added(table, **{name: arrays[name] for name in _WORKED_OUT})


def of_numbering(numbering: Numbering, known: int) -> npt.NDArray[np.uint8]:
    """The numbers given after the first ``known``."""
    buffer = io.BytesIO()
    numbering.keys[known:].write_ipc(buffer)
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def with_numbers(numbering: Numbering, data: npt.NDArray[np.uint8]) -> Numbering:
    """The numbering with more numbers, as ``of_numbering`` gave them."""
    more = pl.read_ipc(io.BytesIO(data.tobytes()))
    return Numbering(pl.concat([numbering.keys, more]))


def _of_cell(cell: PublishedCell) -> list[Any]:
    return [cell.label, cell.places.tolist(), cell.value]


def _as_cell(cell: list[Any], *, shown: bool) -> PublishedCell:
    label, places, value = cell
    inside: Ints = np.array(places, dtype=np.int64)
    return PublishedCell(label, inside, shown, value)
