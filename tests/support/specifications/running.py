"""From an example to its outcome, through the public surface of the library only."""

import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

import disclosure_control as dc
from disclosure_control.outputs.custom_files import scan_file
from specifications.expectations import Cell
from specifications.forms import Ask, Case, File, HandIn, Tree

TABLES = ("count_table", "magnitude_table")


class Ran:
    """What came of an example."""

    def __init__(self, case: Case) -> None:
        """Runs it; an error of the library counts as a refusal."""
        self.refused, self.output, self._told = False, None, []
        self.verdict, self.found = dc.Verdict.SAFE, []
        if case.asks[0].call == "scan_file":
            scan = scanned(case.asks[0], case.policy)
            self.verdict = scan.verdict
            self.found = [(item.labels, item.rule, item.reason) for item in scan.findings]
            return
        try:
            assessment, names = self._run(case)
        except dc.InvalidInputError:
            self.refused = True
            return
        self.verdict = assessment.verdict
        told = assessment.findings
        self.found = [
            (_cell(row, names), row["rule"], row["reason"]) for row in told.iter_rows(named=True)
        ]
        self._told = [text for text in told["equation"] if text] if "equation" in told else []

    def _run(self, case: Case) -> tuple[dc.Assessment, tuple[str, ...]]:
        first = case.asks[0]
        if first.call in TABLES:
            arguments = {"frame": first.given.frame(), **built(first.arguments)}
            table = getattr(dc, first.call)(**arguments)
            return dc.assess(table, case.policy), table.dimensions
        study = dc.Study(policy=case.policy, **built(first.study))
        outputs = [asked(study, ask) for ask in case.asks]
        self.output = outputs[-1]
        if len(outputs) > 1:
            return study.check_together(), ()
        if case.hand_in is not None:
            again = dc.recompute(self.output.recipe, self.output.evidence)
            return dc.judge(again, handed_in(self.output, case.hand_in)), self.output.columns
        return self.output.assessment, self.output.columns

    @property
    def equations(self) -> list[str]:
        """The arithmetic of an attacker, wherever it is told."""
        reasons = [reason for _, rule, reason in self.found if rule == "subtraction"]
        table = self.output is not None and self.output.table is not None
        audit = self.output.audit().equation if table else None
        return [*self._told, *reasons, *([audit] if audit else [])]

    @cached_property
    def protected(self) -> Any:
        """The output after protection."""
        return self.output.protect()


def asked(study: dc.Study, ask: Ask) -> dc.Output:
    """The output that the call makes."""
    if isinstance(ask.given, File):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / ask.given.name
            path.write_bytes(ask.given.content)
            output = getattr(study, ask.call)(path, **ask.arguments)
    else:
        output = getattr(study, ask.call)(ask.given.frame(), **built(ask.arguments))
    for method, *arguments in ask.then:
        output = getattr(output, method)(*arguments)
    return output


def scanned(ask: Ask, policy: dc.Policy | str) -> Any:
    """The scan of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ask.given.name
        path.write_bytes(ask.given.content)
        return scan_file(path, policy, **ask.arguments)


def built(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with trees as hierarchies."""
    return {
        name: {key: tree.build() for key, tree in value.items()}
        if isinstance(value, Mapping) and any(isinstance(v, Tree) for v in value.values())
        else value
        for name, value in arguments.items()
    }


def handed_in(output: dc.Output, changes: HandIn) -> pl.DataFrame:
    """The released figures with changes."""
    rows = []
    for row in output.released.iter_rows():
        cell: Cell = tuple(row[:-2])
        if cell not in changes.without:
            rows.append((*cell, *changes.changes.get(cell, row[-2:])))
    return pl.DataFrame(rows, schema=output.released.schema, orient="row")


def _cell(row: Mapping[str, Any], names: tuple[str, ...]) -> Cell:
    labels = tuple(row[name] for name in names)
    return () if all(label is None for label in labels) else labels
