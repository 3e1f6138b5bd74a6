"""The vault: keys wrapped under one key-encryption key, and proof of those that are gone.

Layout of the folder, mode 0700, every file 0600::

    kek            32 random bytes that wrap all keys
    check          a constant sealed under the kek, so that a wrong kek is noticed at once
    keys/          one file per living key; its name is a hash, its body a wrapped key
    destroyed/     one tombstone per destroyed key
    partial/       files being written; empty at rest
    lock           held by the process that changes the vault

The key-encryption key lies beside what it wraps. That suits a demonstration on one machine and
nothing more: whoever copies the whole folder has every living key, and a backup taken before a
destruction still has the destroyed ones. In production the kek belongs in a token or a key
service, and the folder in no backup.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from enclave.custody import keys
from enclave.custody.keyfiles import PARTIAL, one_writer, overwrite_and_unlink, write_key_file
from enclave.custody.keys import KeyDestroyedError, KeyInfo, KeyMissingError, Kind
from enclave.custody.secret import Secret
from enclave.errors import InputError, RefusedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from enclave.clock import Clock
    from enclave.ids import KeyName

_CHECK = b"enclave vault check v1"
_NONCE = 12
_FOLDERS = ("keys", "destroyed", PARTIAL)


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A living key on disk: its public description and the key wrapped with it."""

    info: KeyInfo
    wrapped: bytes


_encode = msgspec.json.Encoder(order="sorted").encode


class Vault:
    """All keys of a site. Make it with ``create`` or ``load``."""

    def __init__(self, folder: Path, kek: Secret, clock: Clock) -> None:
        self._folder = folder
        self._kek = kek
        self._clock = clock

    @classmethod
    def create(cls, folder: Path, clock: Clock) -> Self:
        """The vault in ``folder``, made if there is none yet.

        Raises:
            InputError: there are keys but no key-encryption key; making another would bury them.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for name in _FOLDERS:
            (folder / name).mkdir(exist_ok=True, mode=0o700)
        with one_writer(folder):
            if not (folder / "kek").exists():
                _refuse_orphans(folder)
                kek = secrets.token_bytes(keys.KEY_BYTES)
                write_key_file(folder, folder / "check", _wrap(kek, _CHECK, b"check"))
                write_key_file(folder, folder / "kek", kek)
        return cls.load(folder, clock)

    @classmethod
    def load(cls, folder: Path, clock: Clock) -> Self:
        """The vault that lies in ``folder``.

        Raises:
            InputError: there is no vault, or its key-encryption key is not the one it began with.
            RefusedError: others than the owner may enter the folder.
        """
        if not (folder / "kek").is_file():
            raise InputError(
                "A site has a vault with a key-encryption key.",
                where="zone vault",
                next_step="make the site with: enclave site init --site DIR",
            )
        if folder.stat().st_mode & 0o077:
            raise RefusedError(
                "The vault is closed to everybody but its owner.",
                where="zone vault, permissions",
                next_step="find out who could read it, then set its mode to 0700",
            )
        kek = (folder / "kek").read_bytes()
        check = folder / "check"
        if not check.is_file() or _unwrap(kek, check.read_bytes(), b"check") != _CHECK:
            raise InputError(
                "The key-encryption key is the one that the vault began with.",
                where="zone vault, files kek and check",
                next_step="put the original files back; nothing in the vault opens without them",
            )
        return cls(folder, Secret(kek), clock)

    def ensure(self, name: KeyName, kind: Kind = "random") -> KeyInfo:
        """The description of the key ``name``, which is made if it never existed.

        Raises:
            KeyDestroyedError: the key was destroyed; it is never made again.
            UsageError: the key exists and is of another kind.
        """
        with one_writer(self._folder):
            if self._tombstone(name).exists():
                raise _destroyed()
            if not self._key_file(name).exists():
                self._make(name, kind)
        info = self.info(name)
        if info.kind != kind:
            raise UsageError(
                f"The key is of kind {kind}.",
                where=f"vault, found kind {info.kind}",
                next_step="use another key name",
            )
        return info

    def info(self, name: KeyName) -> KeyInfo:
        """The description of a key, living or destroyed; ``KeyMissingError`` when never made."""
        return self._info(_opaque(name))

    def infos(self) -> list[KeyInfo]:
        """Every key there ever was, ordered by name."""
        paths = [*(self._folder / "keys").iterdir(), *(self._folder / "destroyed").iterdir()]
        stems = {path.stem for path in paths if path.suffix in {".key", ".gone"}}
        return sorted(map(self._info, stems), key=lambda info: info.name)

    def secret(self, name: KeyName) -> Secret:
        """The key itself.

        Raises:
            KeyDestroyedError: it was destroyed.
            KeyMissingError: it never existed, or its file is damaged or another key's.
        """
        if self._tombstone(name).exists():
            raise _destroyed()
        file = self._read(_opaque(name))
        found = _unwrap(self._kek.reveal(), file.wrapped, _encode(file.info))
        if found is None or file.info.name != name:
            raise _damaged()
        return Secret(found)

    def derive(self, name: KeyName, purpose: str) -> Secret:
        """A 32-byte subkey of a random key for one ``purpose``."""
        return keys.derive(self._secret_of(name, "random"), purpose)

    def recipient(self, name: KeyName) -> str:
        """The public age recipient of an age key."""
        return keys.recipient_of(self._secret_of(name, "age"))

    def seal(self, name: KeyName, data: bytes) -> bytes:
        """``data`` encrypted to an age key of the vault."""
        return keys.age_encrypt(self.recipient(name), data)

    def open(self, name: KeyName, data: bytes) -> bytes:
        """What was sealed for an age key; ``InputError`` when it does not open."""
        return keys.age_decrypt(self._secret_of(name, "age"), data)

    def sign(self, name: KeyName, message: bytes) -> bytes:
        """The Ed25519 signature of ``message``, 64 bytes."""
        return keys.ed25519_sign(self._secret_of(name, "ed25519"), message)

    def verify_key(self, name: KeyName) -> bytes:
        """The 32 public bytes of an Ed25519 key."""
        return keys.public_of(self._secret_of(name, "ed25519"))

    def destroy(self, name: KeyName) -> KeyInfo:
        """The tombstone of a key that is gone for good. Doing it again changes nothing.

        The tombstone is written first: from then on the key is refused, and a process that dies
        here is followed by one that only has to remove the file.
        """
        with one_writer(self._folder):
            if not self._tombstone(name).exists():
                gone = msgspec.structs.replace(self.info(name), destroyed_at=self._clock())
                write_key_file(self._folder, self._tombstone(name), _encode(gone))
            if self._key_file(name).exists():
                overwrite_and_unlink(self._key_file(name))
        return self.info(name)

    def _secret_of(self, name: KeyName, kind: Kind) -> Secret:
        if self.info(name).kind != kind:
            raise UsageError(
                f"This use needs a key of kind {kind}.",
                where="vault",
                next_step="use the key that was made for it",
            )
        return self.secret(name)

    def _make(self, name: KeyName, kind: Kind) -> None:
        secret = keys.new_secret(kind)
        info = KeyInfo(
            name=name,
            key_id=secrets.token_hex(8),
            kind=kind,
            fingerprint=keys.fingerprint(kind, secret),
            created_at=self._clock(),
        )
        wrapped = _wrap(self._kek.reveal(), secret.reveal(), _encode(info))
        write_key_file(self._folder, self._key_file(name), _encode(_KeyFile(info, wrapped)))

    def _info(self, stem: str) -> KeyInfo:
        tombstone = self._folder / "destroyed" / f"{stem}.gone"
        if not tombstone.exists():
            try:
                return self._read(stem).info
            except KeyDestroyedError:
                pass  # another process destroyed it just now; its tombstone tells the rest
        return _parse(tombstone.read_bytes(), KeyInfo)

    def _read(self, stem: str) -> _KeyFile:
        """The key file of a stem; a file that is being destroyed counts as destroyed."""
        try:
            return _parse((self._folder / "keys" / f"{stem}.key").read_bytes(), _KeyFile)
        except (FileNotFoundError, KeyMissingError) as error:
            if (self._folder / "destroyed" / f"{stem}.gone").exists():
                raise _destroyed() from None
            if isinstance(error, KeyMissingError):
                raise
            raise KeyMissingError(
                "The key exists in the vault.",
                where="zone vault",
                next_step="run the step that makes it, or check the name",
            ) from None

    def _key_file(self, name: KeyName) -> Path:
        return self._folder / "keys" / f"{_opaque(name)}.key"

    def _tombstone(self, name: KeyName) -> Path:
        return self._folder / "destroyed" / f"{_opaque(name)}.gone"


def _opaque(name: KeyName) -> str:
    """A file name that tells nothing of a sender, project or person at a glance."""
    return hashlib.sha256(b"enclave key name v1\x00" + name.encode()).hexdigest()[:40]


def _wrap(kek: bytes, data: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(kek).encrypt(nonce, data, bound_to)


def _unwrap(kek: bytes, wrapped: bytes, bound_to: bytes) -> bytes | None:
    """What ``_wrap`` was given, or null when kek, bytes or binding do not fit."""
    try:
        return AESGCM(kek).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound_to)
    except (InvalidTag, ValueError):
        return None


T = TypeVar("T")


def _parse(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError:
        raise _damaged() from None


def _destroyed() -> KeyDestroyedError:
    return KeyDestroyedError(
        "The key has not been destroyed.",
        where="zone vault, a tombstone stands in its place",
        next_step="nothing can bring it back; see: enclave destruction show",
    )


def _damaged() -> KeyMissingError:
    return KeyMissingError(
        "A key file is whole and holds the key of its name.",
        where="zone vault, folder keys",
        next_step="put back the original file; the vault did not write this one",
    )


def _refuse_orphans(folder: Path) -> None:
    if any((folder / "keys").iterdir()) or any((folder / "destroyed").iterdir()):
        raise InputError(
            "A vault with keys has its key-encryption key.",
            where="zone vault, file kek",
            next_step="put the original file back; a new one would open nothing",
        )
