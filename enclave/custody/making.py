"""Making a site: zones, keys, registry, first checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from enclave.custody.context import Custody, open_custody
from enclave.custody.registry import LEDGER_KEY, Registry
from enclave.custody.vault import Vault
from enclave.errors import UsageError
from enclave.files import write_bytes
from enclave.ids import KeyName
from enclave.progress import Silent
from enclave.site import Site, parse_config, read_config, render_config

if TYPE_CHECKING:
    from pathlib import Path

    from enclave.clock import Clock
    from enclave.custody.keys import Kind
    from enclave.ids import PersonName, RoundId
    from enclave.site import Config

SIGNING_ROLES = ("operator", "witness", "reviewer")


def transit_key(round_id: RoundId) -> KeyName:
    """The age key that schools seal for in one round."""
    return KeyName(f"round/{round_id}/transit")


def linkage_key(round_id: RoundId) -> KeyName:
    """The random key from which the keyed hashes of one round derive."""
    return KeyName(f"round/{round_id}/linkage")


def person_key(name: PersonName) -> KeyName:
    """The key a person signs with. The site holds it: a demonstration, not four eyes."""
    return KeyName(f"person/{name}")


def init_site(root: Path, config: Config, clock: Clock) -> Custody:
    """The opened site at ``root``, made if there is none or if making it was cut short.

    Running it again with the same configuration changes nothing. Keys that were destroyed since
    stay destroyed.

    Raises:
        UsageError: the site has another configuration; names the keys that differ.
        InputError: a part of an existing site is missing or damaged.
    """
    site = Site(root.resolve())
    wanted = parse_config(render_config(config))
    if site.config_path.is_file():
        _refuse_other_config(read_config(site), wanted)
    site.create_zones()
    site.root.chmod(0o700)
    vault = Vault.create(site.zone("vault"), clock)
    existing = {info.name for info in vault.infos()}
    for name, kind in _keys_of(wanted):
        if name not in existing:
            vault.ensure(name, kind)
    with Registry.create(site.registry_path, vault, clock) as registry:
        if registry.is_empty():
            registry.event("site made", {"round": wanted.round.id})
        registry.checkpoint()
    if not site.config_path.is_file():
        write_bytes(site.config_path, render_config(wanted).encode())
    return open_custody(site, clock, Silent())


def _keys_of(config: Config) -> list[tuple[KeyName, Kind]]:
    round_id = config.round.id
    people: list[tuple[KeyName, Kind]] = [
        (person_key(person.name), "ed25519")
        for person in config.people
        if person.role in SIGNING_ROLES
    ]
    return [
        (LEDGER_KEY, "ed25519"),
        (transit_key(round_id), "age"),
        (linkage_key(round_id), "random"),
        *people,
    ]


def _refuse_other_config(there: Config, wanted: Config) -> None:
    differing = _differing(msgspec.to_builtins(there), msgspec.to_builtins(wanted), "")
    if differing:
        raise UsageError(
            "A site keeps the configuration that it was made with.",
            where=f"enclave.toml differs in {', '.join(differing)}",
            next_step="choose another folder, or edit enclave.toml yourself",
        )


def _differing(there: Any, wanted: Any, prefix: str) -> list[str]:
    """The dotted names of keys whose values differ; never the values."""
    if not (isinstance(there, dict) and isinstance(wanted, dict)):
        return [] if there == wanted else [prefix]
    found = []
    for key in sorted(there.keys() | wanted.keys()):
        inner = f"{prefix}.{key}" if prefix else key
        found += _differing(there.get(key), wanted.get(key), inner)
    return found
