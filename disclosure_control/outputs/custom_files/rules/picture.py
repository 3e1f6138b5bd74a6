"""Pictures: only pixels, nothing beside or behind them. Source: PNG specification (W3C, 2025)."""

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.kinds import PNG
from disclosure_control.outputs.custom_files.png import read_png
from disclosure_control.outputs.custom_files.rules.rule import Settings, unsafe
from disclosure_control.verdict import Finding

_REMEDY = 'save it anew without metadata; in matplotlib: savefig(..., metadata={"Software": None})'


def picture(content: Content, settings: Settings) -> list[Finding]:
    """What is wrong with a PNG file; nothing for other kinds and for files not read at all."""
    if content.kind != PNG or content.faults:
        return []
    faults = read_png(content.data, settings.limits).faults
    return [unsafe("picture", fault, _REMEDY) for fault in faults]
