"""Whether this machine can keep the enclave's promises, and what to do where it cannot."""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from enclave.errors import EnclaveError
from enclave.site import ZONES, Site
from enclave.workspace.jail import check_confinement
from enclave.workspace.sandbox import find_sandbox, jail_uid
from enclave.workspace.seccomp import open_filter

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Check:
    """One check: ``state`` is ok, warn or fail; ``advice`` says what to do."""

    name: str
    state: str
    found: str
    advice: str = ""


def examine(site: Site | None) -> list[Check]:
    """All checks, those of a site included when there is one."""
    checks = [_guarded(name, check) for name, check in _CHECKS.items()]
    return checks + ([_modes(site)] if site is not None and site.root.is_dir() else [])


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except EnclaveError as error:
        return Check(name, FAIL, error.where or error.expected, error.next_step)


def _sandbox() -> Check:
    found = find_sandbox()
    return Check("bubblewrap", OK, f"version {found.version}, SHA-256 {found.sha256[:12]}")


def _namespaces() -> Check:
    check_confinement(find_sandbox(), jail_uid("doctor"))
    return Check("namespaces", OK, "a process can be confined, without nested namespaces")


def _filter() -> Check:
    os.close(open_filter())
    return Check("system call filter", OK, "libseccomp builds it")


def _swap() -> Check:
    lines = _lines("/proc/swaps")[1:]
    if lines:
        return Check(
            "swap",
            WARN,
            f"{len(lines)} in use",
            "encrypt it or switch it off: memory may hold keys",
        )
    return Check("swap", OK, "none")


def _core_dumps() -> Check:
    pattern = "".join(_lines("/proc/sys/kernel/core_pattern"))
    if pattern.startswith("|"):
        return Check("core dumps", WARN, "handed to a program", "the enclave switches them off")
    return Check("core dumps", OK, "written to files only, and switched off by the enclave")


def _browser() -> Check:
    if shutil.which("chromium"):
        return Check("chromium", OK, "present (needed by browser tests only)")
    return Check("chromium", WARN, "missing", "only browser tests need it: install chromium")


_CHECKS: dict[str, Callable[[], Check]] = {
    "bubblewrap": _sandbox,
    "namespaces": _namespaces,
    "system call filter": _filter,
    "swap": _swap,
    "core dumps": _core_dumps,
    "chromium": _browser,
}


def _modes(site: Site) -> Check:
    open_zones = [
        name
        for name in ZONES
        if site.zone(name).is_dir() and stat.S_IMODE(site.zone(name).stat().st_mode) & 0o077
    ]
    if open_zones:
        return Check("zones", FAIL, f"others may enter: {', '.join(open_zones)}", "chmod 700 them")
    return Check("zones", OK, "readable by their owner alone")


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
