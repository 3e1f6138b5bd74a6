"""The command ``enclave``: assembles the nouns and turns errors into messages and exit codes."""

from __future__ import annotations

import secrets
import sys
from importlib import import_module

import typer

from enclave import __version__
from enclave.cli import shell
from enclave.errors import EnclaveError
from enclave.files import disk_problem

NOUNS = {
    "config": "config",
    "delivery": "delivery",
    "demo": "demo",
    "desk": "desk",
    "destruction": "destruction",
    "doctor": "doctor",
    "journey": "journey",
    "ledger": "ledger",
    "link": "link",
    "project": "project",
    "release": "release",
    "report": "report",
    "site": "site",
    "synth": "synth",
    "workspace": "workspace",
}
"""Every noun and the module of this package that holds its commands."""

SINGLE = {"demo", "doctor"}
"""Nouns that are a command by themselves."""

STOPPED = 130
AGAIN = "Stopped. Run the same command again to go on from here."


def build() -> typer.Typer:
    """The assembled command line."""
    app = typer.Typer(
        name="enclave",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="A research enclave: deliver, link, destroy, analyse, release, report.",
    )

    @app.callback(invoke_without_command=True)
    def main(
        *, version: bool = typer.Option(False, "--version", help="Print the version and stop.")
    ) -> None:
        """A research enclave: deliver, link, destroy, analyse, release, report."""
        if version:
            sys.stdout.write(f"enclave {__version__}\n")
            raise typer.Exit

    for noun, module in NOUNS.items():
        commands = import_module(f"enclave.cli.{module}").app
        app.add_typer(commands, name=None if noun in SINGLE else noun)
    return app


def run() -> None:
    """Runs the command line; the exit code says what kind of ending it was."""
    try:
        build()()
    except EnclaveError as error:
        shell.say(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        problem = disk_problem(error)
        shell.say(str(problem))
        sys.exit(problem.exit_code)
    except SystemExit as ending:
        # Inside a command typer turns Ctrl-C into this exit code, without a word.
        if ending.code == STOPPED:
            shell.say(AGAIN)
        raise
    except KeyboardInterrupt:
        shell.say(AGAIN)
        sys.exit(STOPPED)
    except Exception as error:  # noqa: BLE001 - the last border: no value may reach the screen
        shell.say(_fault(error))
        sys.exit(1)


def _fault(error: Exception) -> str:
    """A message for an unexpected fault: its type and place in our code, never its text."""
    place = "unknown place"
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if str(name).startswith(("enclave", "disclosure_control")):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    incident = secrets.token_hex(4)
    return (
        f"An unexpected fault ({type(error).__name__} in {place}), incident {incident}. "
        "Nothing half-written counts as done. Next: run the same command again; if it stays, "
        "report the incident with this line."
    )
