"""What every command shares: the site option, progress on stderr, results on stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import TaskID

    from enclave.custody import Custody

SiteOption = Annotated[
    Path,
    typer.Option(
        "--site", envvar="ENCLAVE_SITE", help="Folder of the site.", show_default="demo/site"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask; needed for what is final.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")
]
DEFAULT_SITE = Path("demo/site")

console = Console(stderr=True, highlight=False)


class DrawnProgress:
    """Draws one bar per label on stderr; silent when stderr is no terminal."""

    def __init__(self) -> None:
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def step(self, label: str, done: int, total: int) -> None:
        """Moves the bar of ``label`` to ``done`` of ``total``."""
        if label not in self._tasks:
            self._tasks[label] = self._bars.add_task(escape(label), total=total)
        self._bars.update(self._tasks[label], completed=done, total=total)


def open_site(path: Path, progress: DrawnProgress | None = None) -> Custody:
    """The opened site at ``path``; an ``InputError`` when there is none."""
    from enclave.clock import system_clock
    from enclave.custody import harden_process, open_custody
    from enclave.progress import Silent
    from enclave.site import Site

    harden_process()
    return open_custody(Site(path.resolve()), system_clock, progress or Silent())


def emit(result: object, *, as_json: bool, text: str) -> None:
    """Prints ``text`` for people or ``result`` as JSON; both on stdout."""
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    else:
        sys.stdout.write(text.rstrip("\n") + "\n")


def say(message: str) -> None:
    """A message for people on stderr; any text from data is shown as it is, never as markup."""
    console.print(escape(message))
