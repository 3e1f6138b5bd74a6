"""An output in words: what was found, what to do, and what is hidden. English and Dutch."""

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import TOTAL, plain
from disclosure_control.outputs.kinds import kind_of
from disclosure_control.outputs.output import Output
from disclosure_control.verdict import Finding, Verdict
from disclosure_control.words import in_dutch

_LINES = 40
_TEXTS = {
    "en": {
        "nothing": "Nothing unsafe was found.",
        "shown": "No cell is hidden.",
        "whole": "The whole output",
        "hidden": "{hidden} of {cells} cells are not shown (.): {unsafe} unsafe themselves (p), "
                  "{others} so that those cannot be computed back (s).",
        "masked": ". = not shown: {unsafe} unsafe (p). Use .protect() to hide what must be hidden "
                  "besides.",
        "whole_only": ". = not shown: {unsafe} unsafe (p). Hiding figures does not help here: change "
                      "what is computed, see .explain().",
        "review": "{review} figures are for people to decide (r); a reviewer will ask about them.",
        "remedy": "What to do",
        "more": "... and {more} more of the same kinds.",
    },
    "nl": {
        "nothing": "Er is niets onveiligs gevonden.",
        "shown": "Er is geen cel verborgen.",
        "whole": "De hele uitvoer",
        "hidden": "Niet getoond (.): {hidden} van {cells} cellen; zelf onveilig (p): {unsafe}; "
                  "opdat die niet terug te rekenen zijn (s): {others}.",
        "masked": ". = niet getoond: {unsafe} onveilig (p). Gebruik .protect() om ook te "
                  "verbergen wat daarnaast verborgen moet worden.",
        "whole_only": ". = niet getoond: {unsafe} onveilig (p). Cijfers verbergen helpt hier niet: "
                      "verander wat berekend wordt, zie .explain().",
        "review": "Cijfers waarover mensen beslissen (r): {review}; een beoordelaar vraagt ernaar.",
        "remedy": "Wat te doen",
        "more": "... en nog {more} van dezelfde soorten.",
    },
}  # fmt: skip


def explain(output: Output, lang: str = "en") -> str:
    """Every finding in words, with what to do; after protection, what is hidden and why."""
    if lang not in _TEXTS:
        raise InvalidInputError(f"Explanations are in {', '.join(_TEXTS)}.")
    texts = _TEXTS[lang]
    findings = [] if output.hidden is not None else list(output.evaluation.findings)
    lines = [_line(item, output, lang) for item in findings[:_LINES]]
    if len(findings) > _LINES:
        lines.append(texts["more"].format(more=len(findings) - _LINES))
    if not lines and output.verdict is Verdict.SAFE and output.hidden is None:
        return texts["nothing"]
    return "\n".join([*lines, *summary(output, lang)])


def summary(output: Output, lang: str = "en") -> list[str]:
    """What is not shown, and what is left to people, in a line each."""
    from disclosure_control.render import PRIMARY_LETTER, REVIEW_LETTER, SECONDARY_LETTER, marks

    texts, letters = _TEXTS[lang], marks(output)
    unsafe, others = letters.count(PRIMARY_LETTER), letters.count(SECONDARY_LETTER)
    review = letters.count(REVIEW_LETTER)
    lines = []
    if unsafe or others:
        key = "masked" if output.hidden is None else "hidden"
        key = key if kind_of(output.recipe).hides else "whole_only"
        hidden = unsafe + others
        numbers = {"hidden": hidden, "cells": len(letters), "unsafe": unsafe, "others": others}
        lines.append(texts[key].format(**numbers))
    elif len(letters):
        lines.append(texts["shown"])
    if review:
        lines.append(texts["review"].format(review=review))
    whole = [item for item in output.evaluation.findings if not item.labels]
    if output.hidden is None:
        lines += [_line(item, output, lang) for item in whole[:_LINES] if lang == "en"]
    return list(dict.fromkeys(lines))


def _line(item: Finding, output: Output, lang: str) -> str:
    texts = _TEXTS[lang]
    place = ", ".join(plain(text or TOTAL) for text in item.labels)
    reason, remedy = (item.reason, item.remedy) if lang == "en" else in_dutch(item, output.policy)
    where = f"({place})" if place else texts["whole"]
    return f"{where}: {reason}. {texts['remedy']}: {remedy}."
