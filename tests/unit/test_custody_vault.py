"""The vault keeps keys wrapped, refuses what does not fit, and remembers what it destroyed."""

import hashlib
import os
import stat
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from enclave.custody import KeyDestroyedError, KeyMissingError, Vault, is_signed_by
from enclave.errors import InputError, RefusedError, UsageError

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAME = "delivery/2026-E-sender-00001"


@pytest.fixture
def vault(tmp_path):
    return Vault.create(tmp_path / "vault", lambda: NOW)


def files_of(vault):
    return [path for path in vault._folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["random", "age", "ed25519"])
def test_making_a_key_twice_makes_it_once(vault, kind):
    first = vault.ensure(NAME, kind)
    secret = vault.secret(NAME)
    assert vault.ensure(NAME, kind) == first
    assert vault.secret(NAME) == secret
    assert vault.infos() == [first]
    assert (first.created_at, first.destroyed_at) == (NOW, None)


def test_another_opening_of_the_vault_finds_the_same_keys(vault):
    vault.ensure(NAME)
    again = Vault.load(vault._folder, lambda: NOW)
    assert again.secret(NAME) == vault.secret(NAME)
    assert Vault.create(vault._folder, lambda: NOW).secret(NAME) == vault.secret(NAME)


def test_only_the_owner_can_read_anything_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        vault = Vault.create(tmp_path / "vault", lambda: NOW)
        vault.ensure(NAME, "age")
        vault.ensure("gone")
        vault.destroy("gone")
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in files_of(vault)}
    folders = [vault._folder, *[path for path in vault._folder.iterdir() if path.is_dir()]]
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_vault_that_others_may_enter_is_not_opened(vault):
    vault._folder.chmod(0o750)
    with pytest.raises(RefusedError, match="closed to everybody"):
        Vault.load(vault._folder, lambda: NOW)


def test_no_key_lies_unwrapped_in_its_file(vault):
    for kind in ("random", "age", "ed25519"):
        vault.ensure(f"test/{kind}", kind)
        secret = vault.secret(f"test/{kind}").reveal()
        for path in files_of(vault):
            assert secret not in path.read_bytes()


def test_file_names_tell_nothing_of_a_sender(vault):
    vault.ensure(NAME, "age")
    vault.ensure("person/reviewer-1", "ed25519")
    vault.destroy(NAME)
    names = " ".join(path.name for path in files_of(vault))
    assert "sender" not in names
    assert "reviewer" not in names


def test_a_missing_vault_and_a_missing_key_are_told_apart_from_a_destroyed_one(vault, tmp_path):
    with pytest.raises(InputError, match="has a vault"):
        Vault.load(tmp_path / "elsewhere", lambda: NOW)
    with pytest.raises(KeyMissingError):
        vault.secret(NAME)
    with pytest.raises(KeyMissingError):
        vault.destroy(NAME)
    vault.ensure(NAME)
    vault.destroy(NAME)
    with pytest.raises(KeyDestroyedError):
        vault.secret(NAME)


def test_a_wrong_key_encryption_key_is_noticed_when_opening(vault):
    (vault._folder / "kek").write_bytes(bytes(32))
    with pytest.raises(InputError, match="the one that the vault began with"):
        Vault.load(vault._folder, lambda: NOW)


def test_a_lost_key_encryption_key_is_never_replaced_while_keys_hang_on_it(vault):
    vault.ensure(NAME)
    (vault._folder / "kek").unlink()
    with pytest.raises(InputError, match="has its key-encryption key"):
        Vault.create(vault._folder, lambda: NOW)
    assert not (vault._folder / "kek").exists()


@pytest.mark.parametrize("damage", [b"", b"{}", b"not json at all"])
def test_a_damaged_key_file_is_refused(vault, damage):
    vault.ensure(NAME)
    vault._key_file(NAME).write_bytes(damage)
    with pytest.raises(KeyMissingError):
        vault.secret(NAME)


def test_a_key_file_put_in_the_place_of_another_is_refused(vault):
    vault.ensure("one")
    vault.ensure("two")
    vault._key_file("one").write_bytes(vault._key_file("two").read_bytes())
    with pytest.raises(KeyMissingError):
        vault.secret("one")


def test_an_edited_description_breaks_the_wrapping(vault):
    vault.ensure(NAME, "random")
    path = vault._key_file(NAME)
    path.write_bytes(path.read_bytes().replace(b'"kind":"random"', b'"kind":"ed25519"'))
    with pytest.raises(KeyMissingError):
        vault.secret(NAME)


def test_fingerprints_are_commitments_that_anybody_can_compute(vault):
    """A key pair's from its public part, a random key's only by whoever has the key."""
    domain = b"enclave key fingerprint v1\x00"
    age, pair = vault.ensure("a", "age"), vault.ensure("e", "ed25519")
    random = vault.ensure("r", "random")

    def commitment(kind, material):
        return hashlib.sha256(domain + kind + b"\x00" + material).hexdigest()

    assert age.fingerprint == commitment(b"age", vault.recipient("a").encode())
    assert pair.fingerprint == commitment(b"ed25519", vault.verify_key("e"))
    assert random.fingerprint == commitment(b"random", vault.secret("r").reveal())


def test_subkeys_are_hkdf_sha256_and_differ_by_purpose(vault):
    vault.ensure(NAME)
    expected = HKDF(SHA256(), 32, None, b"linkage bsn").derive(vault.secret(NAME).reveal())
    assert vault.derive(NAME, "linkage bsn").reveal() == expected
    assert vault.derive(NAME, "linkage postcode") != vault.derive(NAME, "linkage bsn")


def test_what_is_sealed_opens_only_with_its_own_key(vault):
    vault.ensure("a", "age")
    vault.ensure("b", "age")
    sealed = vault.seal("a", b"content")
    assert b"content" not in sealed
    assert vault.open("a", sealed) == b"content"
    for name, data in (("b", sealed), ("a", sealed[:-1]), ("a", b""), ("a", b"plain text")):
        with pytest.raises(InputError, match="opens with the key"):
            vault.open(name, data)


def test_a_signature_holds_for_its_message_alone(vault):
    vault.ensure("e", "ed25519")
    signature = vault.sign("e", b"message")
    assert is_signed_by(vault.verify_key("e"), b"message", signature)
    assert not is_signed_by(vault.verify_key("e"), b"massage", signature)
    assert not is_signed_by(bytes(32), b"message", signature)
    assert not is_signed_by(b"short", b"message", signature)


def test_a_key_is_used_only_for_what_it_is(vault):
    vault.ensure("r", "random")
    vault.ensure("a", "age")
    for use in (
        lambda: vault.seal("r", b""),
        lambda: vault.sign("a", b""),
        lambda: vault.derive("a", "purpose"),
        lambda: vault.ensure("r", "age"),
    ):
        with pytest.raises(UsageError):
            use()


def test_a_destroyed_key_is_gone_for_every_use_and_never_comes_back(vault):
    made = vault.ensure(NAME, "age")
    sealed = vault.seal(NAME, b"content")
    file = vault._key_file(NAME)
    gone = vault.destroy(NAME)
    assert (gone.fingerprint, gone.destroyed_at) == (made.fingerprint, NOW)
    assert not file.exists()
    for use in (
        lambda: vault.ensure(NAME, "age"),
        lambda: vault.open(NAME, sealed),
        lambda: vault.seal(NAME, b""),
        lambda: vault.recipient(NAME),
        lambda: vault.secret(NAME),
    ):
        with pytest.raises(KeyDestroyedError):
            use()
    assert vault.destroy(NAME) == gone
    assert vault.infos() == [gone]


def test_destroying_overwrites_the_file_before_it_unlinks_it(vault):
    """A second name for the same file shows what the disk still has."""
    vault.ensure(NAME)
    other = vault._folder.parent / "other-name"
    os.link(vault._key_file(NAME), other)
    before = other.read_bytes()
    vault.destroy(NAME)
    after = other.read_bytes()
    assert len(after) == len(before)
    assert after != before
    assert b"wrapped" not in after


def test_half_written_key_files_of_a_dead_writer_are_destroyed(vault):
    leftover = vault._folder / "partial" / "0011"
    leftover.write_bytes(b"a wrapped key")
    vault.ensure(NAME)
    assert not leftover.exists()


def test_a_tombstone_outweighs_a_key_file_that_was_not_removed_yet(vault):
    vault.ensure(NAME)
    copy = vault._key_file(NAME).read_bytes()
    gone = vault.destroy(NAME)
    vault._key_file(NAME).write_bytes(copy)
    with pytest.raises(KeyDestroyedError):
        vault.secret(NAME)
    assert vault.infos() == [gone]
    vault.destroy(NAME)
    assert not vault._key_file(NAME).exists()
