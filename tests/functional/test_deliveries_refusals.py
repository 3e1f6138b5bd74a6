"""Everything that can be wrong with a package, sent to one real site."""

import errno
import json

import msgspec
import pytest

from enclave import deliveries
from enclave.clock import system_clock
from enclave.custody import init_site, transit_key
from enclave.demo import demo_config
from enclave.errors import InputError, RefusedError, UsageError
from enclave.progress import Silent
from enclave.receipts import DeliveryReceipt
from enclave.synthetic import NationSpec, make_nation

ROUND = "2026-E"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    make_nation(folder, NationSpec(pupils=300, seed=3), Silent())
    return folder


@pytest.fixture
def post(world, tmp_path):
    """An empty site with registered senders, and a function that sends a delivery to it."""
    with init_site(tmp_path / "site", demo_config(world), system_clock) as custody:
        keys = {}
        wanted = []
        for sender in json.loads((world / "senders.json").read_text()):
            key = deliveries.ensure_signing_key(tmp_path / "keys" / sender["sender_id"])
            keys[sender["sender_id"]] = key
            wanted.append(
                (sender["sender_id"], sender["school_code"], deliveries.public_key_of(key))
            )
        deliveries.register_senders(custody, wanted)

        def send(folder, recipient=None, key=None, **changes):
            statement = msgspec.structs.replace(deliveries.read_statement(folder), **changes)
            to = recipient or custody.vault.recipient(transit_key(ROUND))
            signing = key or keys[statement.sender_id]
            return deliveries.seal(folder, statement, to, signing, custody.site.zone("inbox"))

        yield custody, send


def good(world):
    return min((world / "deliveries").iterdir())


def outcome(custody):
    receipts = deliveries.receive_all(custody)
    assert list(custody.site.zone("inbox").iterdir()) == []
    return [(receipt.outcome, receipt.reason) for receipt in receipts]


def test_a_good_delivery_is_accepted_once_and_again_changes_nothing(world, post):
    custody, send = post
    send(good(world))
    assert outcome(custody) == [("accepted", None)]
    before = custody.registry.all(DeliveryReceipt)
    assert outcome(custody) == [("accepted", None)]
    assert custody.registry.all(DeliveryReceipt) == before
    assert before[0].rows_delivered == before[0].rows_accepted + sum(
        count.rows for count in before[0].rows_rejected
    )


def test_each_broken_delivery_is_refused_for_its_own_reason(world, post):
    custody, send = post
    expected = {}
    for case in sorted((world / "deliveries-broken").iterdir()):
        package = send(case)
        reason = json.loads((case / "expected.json").read_text())["reason"]
        expected[package.package.stem] = reason
    deliveries.receive_all(custody)
    found = {
        receipt.delivery_id: receipt.reason for receipt in custody.registry.all(DeliveryReceipt)
    }
    assert found == expected
    assert len(expected) == 6


def cut(package):
    package.package.write_bytes(package.package.read_bytes()[:-100])


def flip(package):
    data = bytearray(package.package.read_bytes())
    data[-50] ^= 1
    package.package.write_bytes(data)


def change_manifest(package):
    text = package.manifest.read_text().replace(
        '"objections_registered":true', '"objections_registered":false'
    )
    package.manifest.write_text(text)


def unknown_field(package):
    record = json.loads(package.manifest.read_text())
    package.manifest.write_text(json.dumps(record | {"extra": 1}))


def no_manifest(package):
    package.manifest.unlink()


def no_package(package):
    package.package.unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (cut, "damaged"), (flip, "digest_mismatch"), (change_manifest, "bad_signature"),
        (unknown_field, "bad_manifest"), (no_manifest, "missing_manifest"), (no_package, "missing_package"),
    ],
)  # fmt: skip
def test_accidents_on_the_way_are_named_and_the_original_is_kept(world, post, spoil, reason):
    custody, send = post
    package = send(good(world))
    spoil(package)
    kept = {path.name: path.read_bytes() for path in custody.site.zone("inbox").iterdir()}
    assert outcome(custody) == [("quarantined", reason)]
    quarantine = {
        path.name: path.read_bytes() for path in custody.site.zone("quarantine").iterdir()
    }
    assert quarantine == kept
    assert list(custody.site.zone("linkage").iterdir()) == []


def test_another_round_key_or_sender_is_refused(world, post):
    import pyrage

    custody, send = post
    other = str(pyrage.x25519.Identity.generate().to_public())
    send(good(world), recipient=other, delivery_id="a")
    send(good(world), key=bytes(32), delivery_id="b")
    send(good(world), round_id="2025-E", delivery_id="c")
    send(good(world), sender_id="sender-99999", key=bytes(32), delivery_id="d")
    assert outcome(custody) == [
        ("quarantined", reason)
        for reason in ("not_sealed_for_this_site", "bad_signature", "wrong_round", "unknown_sender")
    ]


def test_the_same_package_again_and_another_of_the_same_school_are_already_delivered(world, post):
    custody, send = post
    send(good(world))
    assert outcome(custody) == [("accepted", None)]
    send(good(world))
    send(good(world), delivery_id="z-again")
    assert outcome(custody) == [
        ("accepted", None), ("quarantined", "already_delivered"), ("quarantined", "already_delivered"),
    ]  # fmt: skip


def test_an_id_that_another_package_had_is_refused_and_no_original_is_lost(world, post):
    custody, send = post
    send(good(world), key=bytes(32))
    assert outcome(custody) == [("quarantined", "bad_signature")]
    send(good(world))
    assert outcome(custody)[1:] == [("quarantined", "delivery_id_taken")]
    assert list(custody.site.zone("inbox").iterdir()) == []
    assert list(custody.site.zone("linkage").iterdir()) == []
    assert len(list(custody.site.zone("quarantine").iterdir())) == 4
    send(good(world), delivery_id="of-its-own")
    assert outcome(custody)[2:] == [("accepted", None)]


def test_consent_does_not_open_a_round_without_special_category_data(world, post):
    custody, send = post
    send(world / "deliveries-broken" / "special-category", special_category_consent=True)
    assert outcome(custody) == [("quarantined", "special_category_not_in_round")]


@pytest.mark.parametrize("approved", ["2026-03-07", "2026-03-08"])
def test_the_export_must_be_approved_in_time(world, post, approved):
    import datetime as dt

    custody, send = post
    send(good(world), export_approved_on=dt.date.fromisoformat(approved))
    late = approved > "2026-03-07"
    assert outcome(custody) == [
        ("quarantined", "export_approved_too_late") if late else ("accepted", None)
    ]


def test_a_hostile_file_name_stays_in_its_place(post):
    custody, _ = post
    name = "..;rm -rf $(x)\n<b>"
    (custody.site.zone("inbox") / f"{name}.age").write_bytes(b"x")
    (custody.site.zone("inbox") / f"{name}.json").write_bytes(b"{}")
    assert outcome(custody) == [("quarantined", "bad_manifest")]
    (receipt,) = custody.registry.all(DeliveryReceipt)
    assert receipt.delivery_id.startswith("unnamed-")


def test_a_full_disk_loses_nothing_and_the_next_run_completes(world, post, monkeypatch):
    custody, send = post
    send(good(world))

    def full(target, data):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr("enclave.deliveries.intake.write_bytes", full)
    with pytest.raises(InputError, match="room") as caught:
        deliveries.receive_all(custody)
    assert caught.value.exit_code == 5
    assert custody.registry.all(DeliveryReceipt) == []
    assert len(list(custody.site.zone("inbox").iterdir())) == 2
    monkeypatch.undo()
    assert outcome(custody) == [("accepted", None)]


def test_killed_after_the_receipt_it_is_not_taken_for_sent_twice(world, post, monkeypatch):
    custody, send = post
    send(good(world))
    real = type(custody.site.root).replace

    def dies(self, target):
        if "inbox" in self.parts:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(type(custody.site.root), "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        deliveries.receive_all(custody)
    monkeypatch.undo()
    assert outcome(custody) == [("accepted", None)]


def test_a_sender_cannot_be_registered_anew_with_another_key(world, post):
    custody, _ = post
    with pytest.raises(RefusedError):
        deliveries.register_sender(custody, "sender-00001", "12AB00", bytes(32))
    with pytest.raises(UsageError):
        deliveries.register_sender(custody, "sender-77777", "12AB00", b"short")


def test_sealing_for_something_that_is_no_key_is_refused(world, post, tmp_path):
    statement = deliveries.read_statement(good(world))
    with pytest.raises(UsageError, match="age public key"):
        deliveries.seal(good(world), statement, "age1nonsense", bytes(32), tmp_path / "out")
    with pytest.raises(InputError):
        deliveries.read_statement(tmp_path)
