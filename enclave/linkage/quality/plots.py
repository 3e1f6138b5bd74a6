"""Charts as SVG text: no script, no style sheet, equal bytes for equal numbers, words beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import floor

from enclave.linkage.quality.estimates import Share

LEFT, WIDTH, RIGHT, ROW, TOP = 250, 400, 150, 26, 10
_TREND_LEFT, _TREND_TOP, _TREND_HEIGHT = 70, 28, 200
LINKED_COLOR, REVIEW_COLOR, INK, FAINT = "#1d5f8a", "#c98a1b", "#1c2430", "#d5dae1"
HIDDEN = "not shown"
_STEPS = (0.0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
_TICKS = 4


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart: what was linked and what went to review; null is hidden."""

    label: str
    linked: int | None
    review: int | None


@dataclass(frozen=True)
class Interval:
    """One row of an interval chart; a heading when it has no share and says so."""

    label: str
    share: Share | None
    heading: bool = False


def percent(value: float | None) -> str:
    """A share in percent; never 100 when it is less, never 0 when it is more."""
    if value is None:
        return HIDDEN
    if 0.99995 <= value < 1:
        return "> 99.99 %"
    if 0 < value < 0.00005:
        return "< 0.01 %"
    return f"{value:.2%}".replace("%", " %")


def in_words(share: Share | None) -> str:
    """A share with its interval, as it stands in a table."""
    if share is None or share.low is None or share.high is None:
        return HIDDEN
    if share.estimate is None:
        return f"between {at_least(share.low)} and {percent(share.high)}"
    return f"{percent(share.estimate)} ({percent(share.low)} to {percent(share.high)})"


def at_least(value: float) -> str:
    """Rounded down, because it is said to be the least."""
    return percent(floor(value * 10_000) / 10_000)


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Links and reviews, a row each, on one scale."""
    top = max([1, *((bar.linked or 0) + (bar.review or 0) for bar in bars)])
    parts = []
    for number, bar in enumerate(bars):
        y = TOP + ROW * number
        linked, review = (WIDTH * (count or 0) / top for count in (bar.linked, bar.review))
        parts += [
            _text(LEFT - 10, y + 15, bar.label, "end"),
            _rect(LEFT, y + 3, linked, LINKED_COLOR),
            _rect(LEFT + linked, y + 3, review, REVIEW_COLOR),
            _text(LEFT + linked + review + 6, y + 15, _counts(bar), "start"),
        ]
    words = "; ".join(f"{bar.label}: {_counts(bar)}" for bar in bars)
    return _svg(title, words, TOP + ROW * len(bars), parts)


def interval_chart(title: str, rows: Sequence[Interval]) -> str:
    """Shares with their intervals on one scale that ends at 100 %."""
    start = _start([row.share for row in rows])
    height = TOP + ROW * len(rows)
    parts = [part for tick in range(_TICKS + 1) for part in _tick(tick, start, height)]
    for number, row in enumerate(rows):
        y = TOP + ROW * number + 13
        weight = "bold" if row.heading else "normal"
        parts.append(_text(LEFT - 10, y + 4, row.label, "end", weight))
        if not row.heading:
            parts += _interval(row.share, y, start)
    words = "; ".join(f"{r.label}: {in_words(r.share)}" for r in rows if not r.heading)
    return _svg(title, words, height + 18, parts)


def trend_chart(title: str, points: Sequence[Interval]) -> str:
    """Rates of one round after the other, with their intervals and a line between."""
    start = _start([point.share for point in points])
    right, bottom = _TREND_LEFT + LEFT + WIDTH, _TREND_TOP + _TREND_HEIGHT
    step = (right - _TREND_LEFT) / max(1, len(points))
    parts, line = [], []
    for tick in range(_TICKS + 1):
        level = start + (1 - start) * tick / _TICKS
        y = _height(level, start)
        parts += [_line(_TREND_LEFT, y, right, y, FAINT)]
        parts += [_text(_TREND_LEFT - 8, y + 4, percent(level), "end")]
    for number, point in enumerate(points):
        x = _TREND_LEFT + step * (number + 0.5)
        parts.append(_text(x, bottom + 20, point.label, "middle"))
        share = point.share
        if share is None or share.low is None or share.high is None or share.estimate is None:
            parts.append(_text(x, (_TREND_TOP + bottom) / 2, HIDDEN, "middle"))
            continue
        y, low, high = (_height(one, start) for one in (share.estimate, share.low, share.high))
        line.append(f"{x:.1f},{y:.1f}")
        parts += [
            _line(x, low, x, high, LINKED_COLOR, 3),
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{LINKED_COLOR}"/>',
            _text(x + 10, y - 8, percent(share.estimate), "start"),
        ]
    path = f'<polyline points="{" ".join(line)}" fill="none" stroke="{LINKED_COLOR}"/>'
    words = "; ".join(f"{point.label}: {in_words(point.share)}" for point in points)
    return _svg(title, words, bottom + 30, [*parts, path])


def _start(shares: Sequence[Share | None]) -> float:
    """Where the scale begins: the last round number below all intervals."""
    lowest = min([1.0, *(share.low for share in shares if share and share.low is not None)])
    return max(step for step in _STEPS if step <= min(lowest, _STEPS[-1]))


def _tick(tick: int, start: float, height: float) -> list[str]:
    x = LEFT + WIDTH * tick / _TICKS
    value = start + (1 - start) * tick / _TICKS
    return [_line(x, TOP, x, height, FAINT), _text(x, height + 14, percent(value), "middle")]


def _interval(share: Share | None, y: float, start: float) -> list[str]:
    if share is None or share.low is None or share.high is None:
        return [_text(LEFT + 8, y + 4, HIDDEN, "start")]
    low, high = (LEFT + WIDTH * (end - start) / (1 - start) for end in (share.low, share.high))
    parts = [_line(low, y, high, y, LINKED_COLOR, 3)]
    if share.estimate is not None:
        x = LEFT + WIDTH * (share.estimate - start) / (1 - start)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{LINKED_COLOR}"/>')
        return [*parts, _text(LEFT + WIDTH + 14, y + 4, percent(share.estimate), "start")]
    words = f"at least {at_least(share.low)}"
    return [*parts, _text(LEFT + WIDTH + 14, y + 4, words, "start")]


def _height(level: float, start: float) -> float:
    return _TREND_TOP + _TREND_HEIGHT * (1 - level) / (1 - start)


def _counts(bar: Bar) -> str:
    linked = HIDDEN if bar.linked is None else f"{bar.linked:,}"
    review = "review not shown" if bar.review is None else f"{bar.review:,} to review"
    return f"{linked}, {review}"


def _svg(title: str, words: str, height: float, parts: Sequence[str]) -> str:
    size = f"0 0 {LEFT + WIDTH + RIGHT} {height:.0f}"
    head = f"<title>{escape(title)}</title><desc>{escape(words)}</desc>"
    return f'<svg role="img" viewBox="{size}" width="100%">{head}{"".join(parts)}</svg>'


def _rect(x: float, y: float, width: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="17" fill="{color}"/>'


def _line(*ends: float | str) -> str:
    x, y, x2, y2, color, *width = ends
    place = f'x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {place} stroke="{color}" stroke-width="{width[0] if width else 1}"/>'


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="sans-serif" font-size="13" fill="{INK}" '
        f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
    )
