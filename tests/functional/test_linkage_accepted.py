"""The pattern table of a round: learnt there, else that of the round before, else the one shipped."""

import json

from linkage_two_rounds import one_round, second_delivered

from enclave.linkage import link_round
from enclave.linkage.accepted import accepted_table
from enclave.linkage.tail import PUPILS, shipped, tail
from enclave.receipts import LinkageReceipt


def first_learnt(root, monkeypatch):
    """A first round that learns from few, and a second one that may not."""
    with monkeypatch.context() as patch:
        patch.setattr(tail, "MINIMUM_LEARNT", 5)
        custody = one_round(root)
    (first,) = custody.registry.all(LinkageReceipt)
    assert first.table_name == f"learnt in round {first.round_id}"
    return first, second_delivered(root, custody)


def test_without_enough_to_learn_from_the_table_of_the_round_before_is_used_and_named(
    tmp_path, monkeypatch
):
    first, custody = first_learnt(tmp_path, monkeypatch)
    with custody:
        second = link_round(custody)
        here, before = (custody.site.root / one.table_file.path for one in (second, first))
        tables = [json.loads(path.read_text()) for path in (here, before)]
    assert second.table_name == first.table_name
    assert [table.pop("learnt here") for table in tables] == [False, True]
    assert tables[0] == tables[1]


def test_a_table_that_is_not_that_of_its_receipt_is_not_used(tmp_path, monkeypatch):
    first, custody = first_learnt(tmp_path, monkeypatch)
    with custody:
        assert accepted_table(custody).name == first.table_name
        (custody.site.root / first.table_file.path).write_text("{}")
        assert accepted_table(custody).name == shipped(PUPILS).name
        assert link_round(custody).table_name == shipped(PUPILS).name


def test_the_table_of_the_open_round_is_never_its_own_forerunner(tmp_path, monkeypatch):
    monkeypatch.setattr(tail, "MINIMUM_LEARNT", 5)
    with one_round(tmp_path) as custody:
        assert accepted_table(custody).name == shipped(PUPILS).name
