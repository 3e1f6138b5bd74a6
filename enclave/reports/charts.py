"""Charts as SVG text: no script or style sheet, equal bytes for equal numbers, words beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from babel.numbers import format_decimal

ROW = 34
LEFT, WIDTH, RIGHT = 120, 420, 70
OWN, NATION, INK = "#8a2a5b", "#1d5f8a", "#1c2430"


@dataclass(frozen=True)
class Bar:
    """One row of a chart; all numbers null when it is hidden."""

    label: str
    own: float | None
    national: float | None


def dutch(value: float | None, digits: int = 1) -> str:
    """A number as Dutch readers write it, with a true minus sign; a dot when there is none."""
    if value is None:
        return "."
    text = str(format_decimal(round(value, digits), format=f"0.{'0' * digits}", locale="nl_NL"))
    return text.replace("-", "\N{MINUS SIGN}")


def growth_chart(title: str, bars: Sequence[Bar]) -> str:
    """Growth in skill points per grade: the school's bar and the national mean below it."""
    known = [value for bar in bars for value in (bar.own, bar.national) if value is not None]
    top = max([1.0, *known])
    low = min([0.0, *known])
    scale = WIDTH / (top - low)
    zero = LEFT - low * scale
    height = ROW * len(bars) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" width="100%">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(_words(bars))}</desc>",
    ]
    for number, bar in enumerate(bars):
        parts += _row(bar, 4 + ROW * number, (zero, scale))
    parts.append(f'<path d="M{zero:.1f} 0V{height}" stroke="{INK}" stroke-width="1"/></svg>')
    return "".join(parts)


def _row(bar: Bar, y: int, axis: tuple[float, float]) -> list[str]:
    parts = [_text(LEFT - 8, y + 18, bar.label, "end")]
    if bar.own is None or bar.national is None:
        return [*parts, _text(LEFT + 8, y + 18, "te weinig leerlingen", "start")]
    for value, color, offset in ((bar.own, OWN, 3), (bar.national, NATION, 17)):
        start, length = _span(value, axis)
        parts.append(
            f'<rect x="{start:.1f}" y="{y + offset}" width="{length:.1f}" height="11" '
            f'fill="{color}"/>'
        )
        parts.append(_text(max(start, start + length) + 6, y + offset + 10, dutch(value), "start"))
    return parts


def _span(value: float, axis: tuple[float, float]) -> tuple[float, float]:
    zero, scale = axis
    return (zero, value * scale) if value >= 0 else (zero + value * scale, -value * scale)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-family="sans-serif" font-size="12" fill="{INK}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


def _words(bars: Sequence[Bar]) -> str:
    return "; ".join(
        f"{bar.label}: eigen school {dutch(bar.own)}, landelijk {dutch(bar.national)}"
        if bar.own is not None
        else f"{bar.label}: te weinig leerlingen"
        for bar in bars
    )
