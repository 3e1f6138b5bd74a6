"""Files made elsewhere: read for what they hold, and never released without people deciding."""

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import collect
from disclosure_control.outputs.evaluation import Evaluation
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy

CONTENT = "content"
STATISTIC = "custom"


def evaluate_custom(recipe: Recipe, records: Records, policy: Policy) -> Evaluation:
    """What the content rules find in the file; it has no cells."""
    from disclosure_control.outputs.custom_files import scan_bytes

    scan = scan_bytes(
        content_of(records.lazy),
        str(recipe.parameters.get("name", "")),
        policy,
        rounding_base=recipe.rounding,
    )
    figures = pl.DataFrame(schema={"file": pl.String, "value": pl.Float64})
    return Evaluation(("file",), figures, list(scan.findings), extra={"summary": scan.summary})


def content_of(lazy: pl.LazyFrame) -> bytes:
    """The bytes of the file."""
    frame = collect(lazy.select(CONTENT))
    if frame.height != 1 or not isinstance(frame.item(), bytes):
        raise InvalidInputError("A file made elsewhere is one content of bytes.")
    return bytes(frame.item())


def content_records(data: bytes) -> Records:
    """The records of a file: its content."""
    frame = pl.LazyFrame({CONTENT: [data]}, schema={CONTENT: pl.Binary})
    return Records(frame, None, None, None, None, (), labelled=True)
