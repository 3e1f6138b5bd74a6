"""Insiders in a problem that has unions as cells of its own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from disclosure_control.insiders.knowledge import knowledge_of
from disclosure_control.insiders.sums import Union
from disclosure_control.suppression.insiders import Insiders


def seeing(kinds: Sequence[Insiders], unions: Sequence[Union]) -> tuple[Insiders, ...]:
    """The insiders of a table, who also know what they contribute to unions of its cells."""
    return tuple(_with(kind, tuple(unions)) for kind in kinds) if unions else tuple(kinds)


def _with(kind: Insiders, unions: tuple[Union, ...]) -> Insiders:
    parts, count = [list(union) for union in unions], kind.top.size
    top = np.array([kind.top[cells].sum() for cells in parts])
    # Somebody is alone in a union who is alone in every part: the same in all.
    lone = np.array([bool(kind.lone[cells].all()) for cells in parts], dtype=np.bool_)
    whole = replace(
        kind, top=np.concatenate([kind.top, top]), unions=unions,
        lone=np.concatenate([kind.lone, np.zeros(len(unions), dtype=np.bool_)]),
    )  # fmt: skip
    asked = np.concatenate([np.zeros(count, dtype=np.bool_), lone])
    found = knowledge_of([whole], asked)
    one = np.bincount(found.cell, minlength=asked.size) == 1
    return replace(whole, lone=np.concatenate([kind.lone, (asked & one)[count:]]))
