"""The machine in words: processor, cores, memory, versions. No names of hosts, no paths."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "highspy")


def describe() -> list[tuple[str, str]]:
    """What it is and how much or which."""
    return [
        ("processor", _first("/proc/cpuinfo", "model name") or platform.machine()),
        ("cores", str(os.cpu_count())),
        ("memory", _memory()),
        ("system", platform.system()),
        ("Python", platform.python_version()),
        *((package, version(package)) for package in PACKAGES),
    ]


def _first(file: str, key: str) -> str:
    """The value of the first line with this key, empty when there is none."""
    if not Path(file).is_file():
        return ""
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def _memory() -> str:
    size = _first("/proc/meminfo", "MemTotal").partition(" ")[0]
    return f"{int(size) / 1024**2:.0f} GiB" if size else "unknown"
