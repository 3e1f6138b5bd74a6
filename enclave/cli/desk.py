"""``enclave desk``: the review desk in a browser."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="The review desk in a browser.")


@app.callback()
def main() -> None:
    """The review desk in a browser."""
