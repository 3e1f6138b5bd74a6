"""UWLR 2.2 results: a tree of tests taken, read as a stream with a hardened parser.

Source: Edustandaard, UWLR 2.2, message ``leerresultaten``; the structure is described in
docs/reference/delivery-formats.md.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Protocol
from xml.etree.ElementTree import ParseError

import polars as pl
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from enclave.deliveries.problems import DeliveryProblem

NAMESPACE = "{http://www.edustandaard.nl/leerresultaten/2/leerresultaten}"
MAXIMUM_BYTES = 256 << 20
_CODE = re.compile(r"^[a-z]+-[A-Z]{2}-(?P<moment>[A-Z])(?P<grade>\d)-(?P<year>\d{4}-\d{4})$")
_RESULT = "resultaten/resultaat"


class _Element(Protocol):
    tag: str

    def findtext(self, path: str) -> str | None: ...
    def iterfind(self, path: str) -> list["_Element"]: ...
    def clear(self) -> None: ...


@dataclass
class _Found:
    """What the stream has shown so far."""

    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    tests: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    school: str = ""


def read_results(data: bytes) -> tuple[pl.DataFrame, str]:
    """One row per result, as text under our names, and the school code of the message.

    Raises:
        DeliveryProblem: no UWLR results, or a result without its test.
    """
    if len(data) > MAXIMUM_BYTES:
        raise DeliveryProblem("too_large", "results.xml")
    found = _Found()
    try:
        for _, element in iterparse(io.BytesIO(data), events=("end",), forbid_dtd=True):
            _take(element, found)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise DeliveryProblem("wrong_file_type", "UWLR results") from None
    if not found.school or not found.tests:
        raise DeliveryProblem("wrong_file_type", "UWLR results")
    return _frame(found), found.school


def _take(element: _Element, found: _Found) -> None:
    name = element.tag.removeprefix(NAMESPACE)
    if name == "school":
        found.school = (_text(element, "brincode") or "") + (
            _text(element, "dependancecode") or "00"
        )
    elif name == "toetsafname":
        learner = _text(element, "leerlingid")
        for result in element.iterfind(_path(_RESULT)):
            score = "osoresultaat/toetsscore/"
            found.rows.append(
                (
                    learner,
                    _text(result, "afnamedatum"),
                    _text(result, "toetscode"),
                    _text(result, f"{score}vaardigheidsscore"),
                    _text(result, f"{score}codevaardigheidsschaal"),
                )
            )
        element.clear()
    elif name == "toets":
        code = _text(element, "toetscode") or ""
        parts = _CODE.match(code)
        moment, grade, year = parts.group("moment", "grade", "year") if parts else (None,) * 3
        domain, provider = _text(element, "vakgebied"), _text(element, "toetsnormering")
        found.tests[code] = (code, domain, moment, grade, year, provider)
        element.clear()


def _frame(found: _Found) -> pl.DataFrame:
    rows = pl.DataFrame(
        found.rows,
        schema=dict.fromkeys(("learner_id", "test_date", "code", "score", "scale"), pl.String),
        orient="row",
    )
    tests = pl.DataFrame(
        list(found.tests.values()),
        schema=dict.fromkeys(
            ("code", "domain", "moment", "grade", "school_year", "provider"), pl.String
        ),
        orient="row",
    )
    joined = rows.join(tests, on="code", how="left", maintain_order="left")
    if rows.join(tests, on="code", how="anti").height:
        raise DeliveryProblem("wrong_file_type", "UWLR results, a result without its test")
    return joined.drop("code")


def _text(element: _Element, path: str) -> str | None:
    text = element.findtext(_path(path))
    return text.strip() if text and text.strip() else None


def _path(path: str) -> str:
    return "/".join(NAMESPACE + part for part in path.split("/"))
