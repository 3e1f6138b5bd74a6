"""Pages on the command line: every command with its options, and the exit codes."""

from collections.abc import Iterator

from typer.main import get_command

from enclave import errors
from enclave.cli.main import build


def commands_page() -> str:
    """Every command, its help and its options."""
    parts = [
        "# Commands\n",
        (
            "Results go to standard output, progress and messages to standard error. No "
            "identifier is ever an argument. `ENCLAVE_SITE` names the site without `--site`.\n"
        ),
    ]
    for name, command in _walk(get_command(build()), ("enclave",)):
        parts.append(f"## `{name}`\n")
        parts.append((command.help or "").strip() + "\n")
        rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            parts.append(
                "\n".join(["| option | meaning | default |", "|---|---|---|", *rows]) + "\n"
            )
    return "\n".join(parts)


def exit_codes_page() -> str:
    """The exit codes, from the error classes themselves."""
    rows = ["| code | meaning |", "|---|---|", "| 0 | fine |"]
    kinds = (
        errors.EnclaveError,
        errors.UsageError,
        errors.FindingsError,
        errors.RefusedError,
        errors.InputError,
    )
    for kind in kinds:
        first = (kind.__doc__ or "").strip().splitlines()[0]
        meaning = "An unexpected fault." if kind is errors.EnclaveError else first
        rows.append(f"| {kind.exit_code} | {meaning} |")
    rows.append("| 130 | Stopped from the keyboard; run again to go on. |")
    return (
        "# Exit codes\n\nSo that a scheduler can tell bad data from a broken program.\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join(path), command
        return
    for name in sorted(children):
        yield from _walk(children[name], (*path, name))


def _row(parameter: object) -> str:
    names = ", ".join(f"`{option}`" for option in parameter.opts)
    default = parameter.default
    plain = default is None or callable(default) or default is False or default == ()
    shown = "" if plain else f"`{default}`"
    meaning = (getattr(parameter, "help", "") or "").replace("|", "\\|")
    return f"| {names} | {meaning} | {shown} |"
