"""From bytes to content: what a file is, and the tables in it. It never raises on bad content."""

from dataclasses import replace

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.delimited import read_csv
from disclosure_control.outputs.custom_files.documents import read_json
from disclosure_control.outputs.custom_files.faults import KIND_RULE, Fault, over
from disclosure_control.outputs.custom_files.kinds import (
    CSV,
    JSON,
    OTHER,
    PNG,
    TEXT,
    is_markup,
    refusal,
    suffix_kind,
)
from disclosure_control.outputs.custom_files.limits import FileLimits
from disclosure_control.outputs.custom_files.lines import read_lines
from disclosure_control.outputs.custom_files.records import find_figures, find_grids

_REMEDY = "save it as one of the accepted kinds, in UTF-8"
_BYTE_ORDER_MARK = "\ufeff"


def read_content(data: bytes, name: str, limits: FileLimits) -> Content:
    """The content of a file; what cannot be read has faults and no tables."""
    kind = suffix_kind(name)
    if len(data) > limits.maximum_bytes:
        return _refused(name, data, over("bytes", len(data), limits.maximum_bytes), kind)
    reason = refusal(data, kind)
    if reason is not None:
        return _refused(name, data, Fault(KIND_RULE, reason, _REMEDY), OTHER)
    if kind == PNG:
        return Content(name, data, kind)
    try:
        text = data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError:
        fault = Fault(KIND_RULE, "the text is not valid UTF-8", _REMEDY)
        return _refused(name, data, fault, OTHER)
    return _read_text(Content(name, data, kind, text), limits)


def _read_text(content: Content, limits: FileLimits) -> Content:
    text, kind = content.text, content.kind
    if is_markup(text):
        reason = "not among the accepted kinds: the content is HTML, SVG or XML"
        return _refused(content.name, content.data, Fault(KIND_RULE, reason, _REMEDY), OTHER)
    if kind == JSON:
        return _read_json(content, limits)
    if text.lstrip()[:1] in {"{", "["} and read_json(text, limits).value is not None:
        fault = Fault(KIND_RULE, "suffix and content do not agree: the content is JSON", _REMEDY)
        return _with(_read_json(content, limits), [fault], OTHER)
    longest = max(map(len, text.split("\n")))
    if longest > limits.maximum_line:
        fault = over("characters in a line", longest, limits.maximum_line)
        return _refused(content.name, content.data, fault, kind)
    read = {CSV: read_csv, TEXT: read_lines}[kind]
    grids, faults = read(text, limits)
    return replace(_with(content, faults, kind), grids=tuple(grids))


def _read_json(content: Content, limits: FileLimits) -> Content:
    document = read_json(content.text, limits)
    if document.value is None and document.faults[:1]:
        return Content(content.name, content.data, content.kind, faults=document.faults)
    grids, faults = find_grids(document.value, limits)
    return replace(
        _with(content, [*document.faults, *faults], content.kind),
        strings=document.strings,
        grids=tuple(grids),
        figures=find_figures(document.value),
    )


def _with(content: Content, faults: list[Fault], kind: str) -> Content:
    return replace(content, kind=kind, faults=(*content.faults, *faults))


def _refused(name: str, data: bytes, fault: Fault, kind: str) -> Content:
    return Content(name, data, kind, faults=(fault,))
