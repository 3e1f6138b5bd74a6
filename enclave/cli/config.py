"""``enclave config``: what a site is set to, and where each value comes from."""

from __future__ import annotations

import os
from typing import Any

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, SiteOption, emit

app = typer.Typer(no_args_is_help=True, help="See the configuration of a site.")


@app.command("show")
def show(
    context: typer.Context, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Print every value and its origin: flag, environment, enclave.toml or default.

    Only the site's folder may come from a flag or the environment. Everything that protects
    somebody is set in the file, so that no stray variable can weaken it.
    """
    import tomllib

    import msgspec

    from enclave.site import Site, read_config

    place = Site(site.resolve())
    config = msgspec.to_builtins(read_config(place), str_keys=True)
    written = tomllib.loads(place.config_path.read_text(encoding="utf-8"))
    rows: list[dict[str, object]] = [
        {"key": "site", "value": str(place.root), "origin": _site_origin(context)}
    ]
    rows += [
        {"key": key, "value": value, "origin": "enclave.toml" if known else "default"}
        for key, value, known in _flatten(config, written, "")
    ]
    width = max(len(str(row["key"])) for row in rows)
    text = "\n".join(f"{row['key']:<{width}}  {row['value']}  ({row['origin']})" for row in rows)
    emit(rows, as_json=as_json, text=text)


def _site_origin(context: typer.Context) -> str:
    source = context.get_parameter_source("site")
    name = "" if source is None else source.name
    if name == "COMMANDLINE":
        return "flag"
    return "environment" if "ENCLAVE_SITE" in os.environ else "default"


def _flatten(
    values: dict[str, Any], written: object, prefix: str
) -> list[tuple[str, object, bool]]:
    rows: list[tuple[str, object, bool]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        inside = written.get(key) if isinstance(written, dict) else None
        if isinstance(value, dict):
            rows += _flatten(value, inside, f"{name}.")
        else:
            rows.append((name, value, isinstance(written, dict) and key in written))
    return rows
