"""What a request's page shows, gathered from receipts and stored files."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import disclosure_control as dc
from enclave.custody import Custody
from enclave.ids import PersonName
from enclave.receipts import AssessmentReceipt, DecisionReceipt
from enclave.release.judging import MADE_ELSEWHERE
from enclave.release.permissions import may_decide
from enclave.release.policies import check_can_decide, check_can_release, is_allowed
from enclave.release.states import Case, State, counting, state_of
from enclave.release.store import get

HIDDEN = "v"
"""The letter of a cell that is not shown (verborgen), and its class."""


@dataclass(frozen=True)
class ShownTable:
    """A released table: its title, and itself as escaped HTML by the library's own renderer."""

    title: str
    html: str


@dataclass(frozen=True)
class ShownFile:
    """A file made elsewhere: its name, and its text (null for a picture)."""

    name: str
    text: str | None


@dataclass(frozen=True)
class Page:
    """Everything on a request's page, for one visitor."""

    case: Case
    state: State
    tables: list[ShownTable]
    files: list[ShownFile]
    about: dict[str, Any]
    decisions: list[DecisionReceipt]
    blind: bool
    can_decide: bool
    can_hand_over: bool


def read_page(custody: Custody, case: Case, visitor: PersonName) -> Page:
    """The page of ``case`` as ``visitor`` may see it; others' votes only after the own one."""
    state = state_of(case, custody.config.release.minimum_reviewers)
    counted = list(counting(case))
    own = [receipt for receipt in counted if receipt.reviewer == visitor]
    permitted = may_decide(custody.config, case.request, visitor)
    open_to_all = not is_allowed(check_can_decide, state)
    return Page(
        case=case,
        state=state,
        tables=_tables(custody, case.assessment),
        files=_files(custody, case.assessment),
        about=_about(custody, case.assessment),
        decisions=counted if own or open_to_all else own,
        blind=not own and not open_to_all,
        can_decide=permitted and is_allowed(check_can_decide, state) and not own,
        can_hand_over=permitted and is_allowed(check_can_release, state),
    )


def _tables(custody: Custody, assessment: AssessmentReceipt | None) -> list[ShownTable]:
    files = assessment.released_files if assessment else ()
    return [
        _table(get(custody.site, file).decode())
        for file in files
        if file.path.endswith(".csv") and MADE_ELSEWHERE not in file.path
    ]


def _files(custody: Custody, assessment: AssessmentReceipt | None) -> list[ShownFile]:
    found = []
    for file in assessment.released_files if assessment else ():
        if MADE_ELSEWHERE in file.path:
            try:
                text = get(custody.site, file).decode("utf-8")
            except UnicodeDecodeError:
                text = None
            found.append(ShownFile(file.path, text))
    return found


def _table(text: str) -> ShownTable:
    lines = text.splitlines()
    title = next((line[2:] for line in lines if line.startswith("# ")), "")
    rows = list(csv.reader(io.StringIO("\n".join(x for x in lines if not x.startswith("#")))))
    lines_shown = [
        dc.Line(tuple(row[:-2]), (dc.Figure(row[-2], HIDDEN if row[-1] == "hidden" else ""),))
        for row in rows[1:]
    ]
    return ShownTable(title, dc.table_markup(title, rows[0][:-1], lines_shown))


def _about(custody: Custody, assessment: AssessmentReceipt | None) -> dict[str, Any]:
    for file in assessment.released_files if assessment else ():
        if file.path == "release.json":
            about: dict[str, Any] = json.loads(get(custody.site, file))
            return about
    return {}
