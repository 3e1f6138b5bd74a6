"""An output in words: what was found, what to do, and what is hidden. English and Dutch."""

from collections.abc import Sequence

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import plain
from disclosure_control.outputs.kinds import kind_of
from disclosure_control.outputs.output import Output
from disclosure_control.verdict import Finding, Verdict
from disclosure_control.words import in_dutch

_LINES, _NAMED = 40, 4
_TEXTS = {
    "en": {
        "nothing": "Nothing unsafe was found.",
        "shown": "No cell is hidden.",
        "whole": "The whole output",
        "hidden": "Not shown (a dot): {hidden} of {cells} cells; unsafe themselves (p): {unsafe}; "
                  "hidden so that those cannot be computed back (s): {others}.",
        "masked": "A dot is a cell that is not shown; unsafe (p): {unsafe}. Use .protect() to hide "
                  "what must be hidden as well.",
        "whole_only": "A dot is a figure that is not shown; unsafe (p): {unsafe}. Hiding figures "
                      "does not help here: change what is computed, see .explain().",
        "review": "Figures for people to decide (r): {review}; a reviewer will ask about them.",
        "remedy": "What to do",
        "more": "... and {more} more of other kinds.",
        "others": " and {number} more",
    },
    "nl": {
        "nothing": "Er is niets onveiligs gevonden.",
        "shown": "Er is geen cel verborgen.",
        "whole": "De hele uitvoer",
        "hidden": "Niet getoond (een punt): {hidden} van {cells} cellen; zelf onveilig (p): "
                  "{unsafe}; verborgen opdat die niet terug te rekenen zijn (s): {others}.",
        "masked": "Een punt is een cel die niet getoond wordt; onveilig (p): {unsafe}. Gebruik "
                  ".protect() om ook te verbergen wat daarnaast verborgen moet worden.",
        "whole_only": "Een punt is een cijfer dat niet getoond wordt; onveilig (p): {unsafe}. "
                      "Verbergen helpt hier niet: verander wat berekend wordt, zie .explain().",
        "review": "Cijfers waarover mensen beslissen (r): {review}; een beoordelaar vraagt ernaar.",
        "remedy": "Wat te doen",
        "more": "... en nog {more} van andere soorten.",
        "others": " en nog {number}",
    },
}  # fmt: skip


def explain(output: Output, lang: str = "en") -> str:
    """Every kind of finding in words, with what to do; after protection, what is hidden."""
    if lang not in _TEXTS:
        raise InvalidInputError(f"Explanations are in {', '.join(_TEXTS)}.")
    texts = _TEXTS[lang]
    lines = _told([] if output.hidden is not None else output.evaluation.findings, output, lang)
    if not lines and output.verdict is Verdict.SAFE and output.hidden is None:
        return texts["nothing"]
    return "\n".join(dict.fromkeys([*lines, *summary(output, lang)]))


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
        numbers = {"hidden": unsafe + others, "cells": len(letters)}
        lines.append(texts[key].format(unsafe=unsafe, others=others, **numbers))
    elif letters:
        lines.append(texts["shown"])
    if review:
        lines.append(texts["review"].format(review=review))
    if output.hidden is None:
        whole = [item for item in output.evaluation.findings if not item.labels]
        lines += _told(whole, output, lang)
    return lines


def _told(findings: Sequence[Finding], output: Output, lang: str) -> list[str]:
    """One line for each different reason, with the first cells that it is about."""
    texts = _TEXTS[lang]
    groups: dict[tuple[str, str], list[Finding]] = {}
    for item in findings:
        words = (item.reason, item.remedy) if lang == "en" else in_dutch(item, output.policy)
        groups.setdefault(words, []).append(item)
    lines = []
    for (reason, remedy), items in list(groups.items())[:_LINES]:
        named = ["(" + ", ".join(map(plain, item.labels)) + ")" for item in items if item.labels]
        where = ", ".join(named[:_NAMED]) or texts["whole"]
        more = len(named) - _NAMED
        where += texts["others"].format(number=more) if more > 0 else ""
        lines.append(f"{where}: {reason}. {texts['remedy']}: {remedy}.")
    if len(groups) > _LINES:
        lines.append(texts["more"].format(more=len(groups) - _LINES))
    return lines
