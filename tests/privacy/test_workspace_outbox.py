"""Only plain files of plain names leave an outbox; a bundle leaves whole or not at all."""

import os

import pytest

from enclave.workspace import outbox as subject
from enclave.workspace.outbox import pick_up

NAME = "bundle-0123456789ab"


@pytest.fixture
def places(tmp_path):
    box, target = tmp_path / "outbox", tmp_path / "picked"
    (box / NAME / "outputs").mkdir(parents=True)
    (box / NAME / "manifest.json").write_text("{}")
    (box / NAME / "outputs" / "a.csv").write_text("x")
    target.mkdir()
    return box, target


def test_a_sound_bundle_is_taken_whole(places):
    box, target = places
    picked = pick_up(box, target)
    assert (picked.bundles, picked.refused) == ((NAME,), 0)
    assert (target / NAME / "outputs" / "a.csv").read_text() == "x"


def spoil_link(box, secret):
    (box / NAME / "innocent.csv").symlink_to(secret)


def spoil_link_folder(box, secret):
    (box / NAME / "folder").symlink_to(secret.parent)


def spoil_hard_link(box, secret):
    os.link(secret, box / NAME / "innocent.csv")


def spoil_pipe(box, secret):
    del secret
    os.mkfifo(box / NAME / "pipe.csv")


def spoil_size(box, secret):
    del secret
    with (box / NAME / "big.csv").open("wb") as stream:
        stream.truncate(subject.MAXIMUM_FILE + 1)


def spoil_name(box, secret):
    del secret
    (box / NAME / ".hidden").write_text("x")


def spoil_depth(box, secret):
    del secret
    deep = box / NAME / "a/b/c/d/e/f/g"
    deep.mkdir(parents=True)
    (deep / "x.csv").write_text("x")


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_link,
        spoil_link_folder,
        spoil_hard_link,
        spoil_pipe,
        spoil_size,
        spoil_name,
        spoil_depth,
    ],
)
def test_an_odd_entry_keeps_the_whole_bundle_back(places, tmp_path, spoil):
    box, target = places
    secret = tmp_path / "secret" / "identifiers.csv"
    secret.parent.mkdir()
    secret.write_text("123456782")
    spoil(box, secret)
    picked = pick_up(box, target)
    assert (picked.bundles, picked.refused) == ((), 1)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("name", ["bundle-1", "../bundle-0123456789ab", "x", "bundle-0123456789AB"])
def test_other_names_are_left_behind(tmp_path, name):
    box, target = tmp_path / "outbox", tmp_path / "picked"
    target.mkdir()
    (box / name).mkdir(parents=True)
    assert pick_up(box, target).bundles == ()


def test_a_bundle_that_is_itself_a_link_is_left_behind(places, tmp_path):
    box, target = places
    (box / "bundle-ffffffffffff").symlink_to(box / NAME)
    assert pick_up(box, target).bundles == (NAME,)
