"""``enclave desk``: the review desk in a browser."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, SiteOption, open_site, say

app = typer.Typer(no_args_is_help=True, help="The review desk in a browser.")


@app.command("serve")
def serve(
    site: SiteOption = DEFAULT_SITE,
    host: Annotated[str, typer.Option(help="Loopback address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8765,
) -> None:
    """Serve the desk on this machine until you stop it; a proxy with TLS may stand in front."""
    from enclave.errors import UsageError
    from enclave.release.desk import server
    from enclave.release.desk.settings import LOOPBACK

    if host not in {"127.0.0.1", "localhost", "::1"}:
        raise UsageError(
            "The desk listens on this machine only.",
            where="--host",
            next_step="put a proxy with TLS in front of 127.0.0.1",
        )
    with open_site(site) as custody:
        server.set_up(custody, LOOPBACK)
    if not server.has_accounts():
        say(f"Nobody can log in yet. Next: enclave desk user reviewer-1 --site {site}")
    say(f"The review desk: http://{host}:{port}/  (stop with Ctrl-C)")
    server.serve(host, port)


@app.command("user")
def user(
    name: Annotated[str, typer.Argument(help="A person of enclave.toml.")],
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """Set a person's password. It is asked for, or read from standard input; never an argument."""
    from enclave.ids import PersonName
    from enclave.release.desk import server

    if sys.stdin.isatty():
        password = getpass.getpass("Password (12 signs or more): ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    with open_site(site) as custody:
        server.set_up(custody)
        server.set_password(custody, PersonName(name), password)
    say("The password is set.")
