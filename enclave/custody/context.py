"""An opened site: what every stage is given."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from enclave.custody.registry import Registry
from enclave.custody.vault import Vault
from enclave.site import read_config

if TYPE_CHECKING:
    from types import TracebackType

    from enclave.clock import Clock
    from enclave.progress import Progress
    from enclave.site import Config, Site


@dataclass(frozen=True)
class Custody:
    """A site with its keys and its records, open. Usable in a ``with`` statement."""

    site: Site
    config: Config
    vault: Vault
    registry: Registry
    clock: Clock
    progress: Progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the database."""
        self.registry.close()


def open_custody(site: Site, clock: Clock, progress: Progress) -> Custody:
    """The site, opened.

    Raises:
        InputError: configuration, vault or registry is missing or damaged.
        RefusedError: the vault can be read by others.
        UsageError: the configuration does not parse.
    """
    config = read_config(site)
    vault = Vault.load(site.zone("vault"), clock)
    registry = Registry.open(site.registry_path, vault, clock)
    return Custody(site, config, vault, registry, clock, progress)


def harden_process() -> None:
    """Switches core dumps off for this process and its children: a dump would hold keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
