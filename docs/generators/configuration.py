"""The page on ``enclave.toml``, from the structs that read it."""

import inspect

import msgspec

from enclave import site

SECTIONS = {
    "round": site.RoundConfig,
    "registers": site.RegistersConfig,
    "release": site.ReleaseConfig,
    "reports": site.ReportsConfig,
    "journey": site.JourneyConfig,
    "people (one table each)": site.Person,
    "projects (one table each)": site.ProjectGrant,
}


def configuration_page() -> str:
    """Every section and key with its type and default."""
    parts = [
        "# Configuration\n",
        (
            "`enclave.toml` in the site's folder. An unknown key, a wrong type or a value that "
            "would weaken a guarantee is refused. `enclave config show` names the origin of each.\n"
        ),
    ]
    for name, section in SECTIONS.items():
        parts.append(f"## {name}\n")
        parts.append(inspect.cleandoc(section.__doc__ or "") + "\n")
        rows = ["| key | type | default |", "|---|---|---|"]
        rows += [_row(field) for field in msgspec.structs.fields(section)]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _row(field: msgspec.structs.FieldInfo) -> str:
    default = "needed" if field.required else f"`{field.default!r}`"
    return f"| `{field.name}` | {type_name(field.type)} | {default} |"


def type_name(kind: object) -> str:
    """A type as people write it: module names and NewType wrappers left out."""
    text = kind.__name__ if isinstance(kind, type) else str(kind)
    for prefix in ("enclave.ids.", "enclave.receipts.", "datetime.", "typing."):
        text = text.replace(prefix, "")
    return text.replace("|", "or")
