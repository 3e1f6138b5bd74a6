"""Identifiers are gone after destruction, two people did it, and the certificate is true."""

import base64
import shutil

import msgspec
import pytest
from custody_round import PUPILS, ROUND, canaries, identifiers, make_site, parquet, quarantine

from enclave.clock import system_clock
from enclave.custody import (
    KeyDestroyedError,
    Vault,
    destroy_identifiers,
    find_scope,
    init_site,
    is_certificate_signed,
    open_custody,
    scan_site,
    transit_key,
    verify_certificate,
    verify_ledger,
)
from enclave.errors import FindingsError, InputError, RefusedError
from enclave.progress import Silent
from enclave.receipts import DestructionCertificate, encode
from enclave.site import Site


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    root = tmp_path_factory.mktemp("original") / "site"
    make_site(root).close()
    return root


@pytest.fixture
def custody(original, tmp_path):
    shutil.copytree(original, tmp_path / "site")
    with open_custody(Site(tmp_path / "site"), system_clock, Silent()) as custody:
        yield custody


def destroy(custody, operator="operator-1", witness="witness-1"):
    return destroy_identifiers(custody, ROUND, operator, witness)


def names(custody, zone):
    return sorted(path.name for path in custody.site.zone(zone).iterdir())


def test_the_certificate_counts_what_was_destroyed(custody):
    certificate = destroy(custody)
    assert certificate.pupils == 3 * PUPILS
    assert certificate.deliveries == 3
    assert [key.name for key in certificate.keys] == [
        "delivery/2026-E-sender-00001",
        "delivery/2026-E-sender-00002",
        "delivery/2026-E-sender-00003",
        "round/2026-E/transit",
        "round/2026-E/linkage",
    ]
    assert len(certificate.ciphertexts) == 6
    assert certificate.files_removed == 11
    assert certificate.identifiers_found == 0
    assert certificate.files_scanned > 10
    assert any("1 refused deliveries" in line for line in certificate.retained)
    assert any("3 sealed files kept in memory" in line for line in certificate.verification)


def test_keys_and_ciphertexts_are_gone_and_the_links_stay(custody):
    sealed = (custody.site.zone("linkage") / "2026-E-sender-00001.identifiers.age").read_bytes()
    original = names(custody, "quarantine")
    destroy(custody)
    assert names(custody, "transit") == []
    assert names(custody, "linkage") == [
        "2026-E-sender-00001.results.parquet",
        "2026-E-sender-00002.results.parquet",
        "2026-E-sender-00003.results.parquet",
        "links.parquet",
    ]
    assert names(custody, "linked") == ["results.parquet"]
    assert names(custody, "quarantine") == original
    vault = Vault.load(custody.site.zone("vault"), custody.clock)
    for name in ("delivery/2026-E-sender-00001", "round/2026-E/transit"):
        with pytest.raises(KeyDestroyedError):
            vault.open(name, sealed)
    with pytest.raises(KeyDestroyedError):
        vault.derive("round/2026-E/linkage", "linkage bsn")
    assert vault.ensure("site/ledger", "ed25519").destroyed_at is None


def test_no_identifier_of_any_delivery_is_in_any_file(custody):
    destroy(custody)
    assert scan_site(custody.site, canaries()).clean
    for path in custody.site.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(canary in data for canary in canaries()), path.name


def test_the_search_for_canaries_finds_them_when_they_are_there(custody):
    """Positive control of the test above."""
    (custody.site.zone("linked") / "left.parquet").write_bytes(parquet(identifiers(1)))
    assert not scan_site(custody.site, canaries()).clean


def test_destruction_waits_for_the_linkage(tmp_path):
    with (
        make_site(tmp_path / "site", linked=False) as custody,
        pytest.raises(RefusedError, match="after linkage"),
    ):
        destroy(custody)


@pytest.mark.parametrize(
    ("operator", "witness", "problem"),
    [
        ("operator-1", "operator-1", "same person"),
        ("witness-1", "witness-1", "same person"),
        ("operator-1", "operator-2", "not a witness"),
        ("researcher-1", "witness-1", "not an operator"),
        ("witness-1", "operator-1", "not an operator"),
        ("operator-1", "nobody", "not a witness"),
        ("", "", "same person"),
    ],
)
def test_it_takes_two_people_with_the_right_roles(custody, operator, witness, problem):
    before = custody.vault.infos()
    with pytest.raises(RefusedError, match=problem):
        destroy(custody, operator, witness)
    assert custody.vault.infos() == before
    assert len(names(custody, "transit")) == 6


def test_doing_it_again_changes_nothing(custody):
    first = destroy(custody)
    entries = custody.registry.entries(1000)
    assert destroy(custody, "operator-2") == first
    assert custody.registry.entries(1000) == entries


def test_making_the_site_again_does_not_bring_keys_back(custody):
    destroy(custody)
    before = custody.vault.infos()
    with init_site(custody.site.root, custody.config, system_clock) as again:
        assert again.vault.infos() == before
        with pytest.raises(KeyDestroyedError):
            again.vault.recipient(transit_key(ROUND))


def test_what_a_killed_intake_left_without_receipt_is_destroyed_too(custody):
    custody.vault.ensure("delivery/never-recorded", "age")
    linkage = custody.site.zone("linkage")
    for name in ("never-recorded.identifiers.age", ".partial-abc"):
        (linkage / name).write_bytes(b"age-encryption.org/v1\n")
    certificate = destroy(custody)
    assert "delivery/never-recorded" in {key.name for key in certificate.keys}
    assert not any("never" in name or "partial" in name for name in names(custody, "linkage"))


def test_keys_and_files_of_another_round_are_left_alone(custody):
    other = msgspec.structs.replace(
        quarantine(custody), round_id="2027-M", delivery_id="2027-M-x", data_key="delivery/2027-M-x"
    )
    custody.registry.record("2027-M-x", other)
    custody.vault.ensure("delivery/2027-M-x", "age")
    (custody.site.zone("transit") / "2027-M-x.age").write_bytes(b"age-encryption.org/v1\n")
    scope = find_scope(custody, ROUND)
    assert "delivery/2027-M-x" not in scope.keys
    assert "2027-M-x.age" not in {path.name for path in scope.files}
    destroy(custody)
    assert names(custody, "transit") == ["2027-M-x.age"]


def test_no_certificate_while_an_identifier_is_left_and_one_when_it_is_removed(custody):
    left = custody.site.zone("linked") / "left.csv"
    left.write_text("bsn;score\n123456782;5\n")
    with pytest.raises(FindingsError, match=r"linked \.csv: 1 identifier columns") as caught:
        destroy(custody)
    assert "123456782" not in str(caught.value)
    assert custody.registry.find(DestructionCertificate, ROUND) is None
    left.unlink()
    assert destroy(custody).files_removed == 11


def test_a_file_that_cannot_be_looked_into_stops_the_certificate(custody):
    (custody.site.zone("linked") / "mail.zip").write_bytes(b"PK\x03\x04 and more")
    with pytest.raises(FindingsError, match=r"linked \.zip: 1 files unreadable"):
        destroy(custody)


def test_the_certificate_is_signed_recorded_and_under_a_checkpoint(custody):
    certificate = destroy(custody)
    public = custody.vault.verify_key("site/ledger")
    assert is_certificate_signed(public, certificate)
    assert not is_certificate_signed(custody.vault.verify_key("person/operator-1"), certificate)
    assert custody.registry.find(DestructionCertificate, ROUND) == certificate
    assert len(verify_certificate(custody, certificate)) == 5
    found = verify_ledger(custody)
    assert found.ok
    assert found.checkpoints == 2


@pytest.mark.parametrize(
    "change",
    [
        {"pupils": 1},
        {"operator": "operator-2"},
        {"keys": ()},
        {"ciphertexts": ()},
        {"signature": ""},
        {"signature": "no base64!"},
        {"signature": base64.b64encode(bytes(64)).decode()},
        {"round_id": "2027-M"},
    ],
)
def test_a_changed_certificate_is_found(custody, change):
    forged = msgspec.structs.replace(destroy(custody), **change)
    with pytest.raises(FindingsError, match="signed, recorded and true"):
        verify_certificate(custody, forged)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"keys": ()}, "a key that it does not name"),
        ({"ciphertexts": ()}, "a ciphertext that it does not name"),
        ({"pupils": 1}, "does not hold this certificate"),
    ],
)
def test_a_certificate_signed_with_the_true_key_over_lies_is_found(custody, change, problem):
    true = destroy(custody)
    lie = msgspec.structs.replace(true, **change, signature="")
    signature = base64.b64encode(custody.vault.sign("site/ledger", encode(lie))).decode()
    with pytest.raises(FindingsError, match=problem):
        verify_certificate(custody, msgspec.structs.replace(lie, signature=signature))


def test_a_key_that_came_back_from_a_backup_is_found(custody):
    file = custody.vault._key_file("delivery/2026-E-sender-00001")
    tombstone = custody.vault._tombstone("delivery/2026-E-sender-00001")
    backup = file.read_bytes()
    certificate = destroy(custody)
    tombstone.unlink()
    file.write_bytes(backup)
    with pytest.raises(FindingsError, match="still opens"):
        verify_certificate(custody, certificate)


def test_the_certificate_holds_no_identifier_and_no_hash_of_one(custody):
    text = encode(destroy(custody)).decode()
    assert not any(canary.decode() in text for canary in canaries())
    reopened = open_custody(custody.site, system_clock, Silent())
    assert encode(reopened.registry.find(DestructionCertificate, ROUND)).decode() == text
    reopened.close()


def test_a_package_sealed_after_destruction_cannot_be_opened(custody):
    recipient_key = transit_key(ROUND)
    sealed = custody.vault.seal(recipient_key, b"late")
    destroy(custody)
    with pytest.raises((KeyDestroyedError, InputError)):
        custody.vault.open(recipient_key, sealed)
