"""Files under review, stored under their own SHA-256: what was reviewed is what is released."""

import hashlib
from pathlib import Path

import msgspec

from enclave.errors import InputError
from enclave.files import write_bytes
from enclave.ids import Digest
from enclave.receipts import FileDigest
from enclave.site import Site


def put(site: Site, path: str, data: bytes) -> FileDigest:
    """Stores ``data`` and returns its digest under the name ``path`` (relative to its request)."""
    digest = Digest(hashlib.sha256(data).hexdigest())
    place = _place(site, digest)
    if not place.is_file() or place.read_bytes() != data:
        write_bytes(place, data)
    return FileDigest(path=path, size=len(data), sha256=digest)


def get(site: Site, file: FileDigest) -> bytes:
    """The stored bytes; ``InputError`` when they are gone or not those of the digest."""
    place = _place(site, file.sha256)
    data = place.read_bytes() if place.is_file() else b""
    if len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
        raise InputError(
            "Stored files have the bytes of their digest.",
            where="release store",
            next_step="restore the store from its backup; decisions on other bytes do not count",
        )
    return data


def package_digest(files: tuple[FileDigest, ...]) -> Digest:
    """One digest over names, sizes and digests of all files."""
    ordered = sorted(files, key=lambda file: file.path)
    return Digest(hashlib.sha256(msgspec.json.encode(ordered)).hexdigest())


def _place(site: Site, digest: Digest) -> Path:
    return site.zone("release") / "store" / digest
