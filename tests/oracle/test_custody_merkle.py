"""The Merkle tree against RFC 6962's definition, its published roots, and forgers."""

import hashlib
import random

import pytest

from enclave.custody.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
)

SIZES = range(1, 130)

# The eight entries and the roots over their beginnings that the Certificate Transparency
# project publishes for RFC 6962 (merkletree tests of certificate-transparency and trillian).
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(size):
    return [leaf_hash(b"entry %d" % number) for number in range(size)]


def defined_root(entries):
    """RFC 6962 section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    left, right = defined_root(entries[:split]), defined_root(entries[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots_are_met(size):
    assert root_of([leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_root_of_nothing():
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


def test_roots_follow_the_definition_up_to_129_leaves():
    entries = [b"entry %d" % number for number in range(129)]
    for size in SIZES:
        assert root_of(leaves(size)) == defined_root(entries[:size])


def test_every_leaf_of_every_tree_is_proven_and_nothing_else_is():
    for size in SIZES:
        tree = leaves(size)
        root = root_of(tree)
        for index in range(size):
            proof = inclusion_proof(tree, index)
            assert is_included(tree[index], index, size, proof, root)
            assert not is_included(leaf_hash(b"other"), index, size, proof, root)
            assert not is_included(tree[index], (index + 1) % (size + 1), size, proof, root)
            assert not is_included(tree[index], index, size, [*proof, root], root)
            assert not is_included(tree[index], index, size, proof[:-1], root) or not proof


def test_every_beginning_of_every_tree_is_proven():
    for size in SIZES:
        tree = leaves(size)
        root = root_of(tree)
        for old in range(1, size + 1):
            proof = consistency_proof(tree, old)
            assert is_consistent(old, root_of(tree[:old]), size, root, proof)
            assert not is_consistent(old, leaf_hash(b"other"), size, root, proof)


def test_no_history_with_one_entry_changed_is_proven():
    for size in range(2, 40):
        tree = leaves(size)
        for old in range(1, size + 1):
            changed = [leaf_hash(b"changed"), *tree[1:]]
            proof = consistency_proof(changed, old)
            assert not is_consistent(old, root_of(tree[:old]), size, root_of(changed), proof)


def test_two_thousand_forged_proofs_are_refused():
    chance = random.Random(7)
    tree = leaves(129)
    for _ in range(2000):
        old, size = sorted(chance.sample(range(1, 130), 2))
        proof = consistency_proof(tree[:size], old)
        old_root, root = root_of(tree[:old]), root_of(tree[:size])
        forged = forge(chance, proof)
        assert forged == proof or not is_consistent(old, old_root, size, root, forged)
        assert not is_consistent(old + 1, old_root, size, root, proof)


def forge(chance, proof):
    forged = list(proof) or [bytes(32)]
    way = chance.randrange(4)
    if way == 0:
        forged[chance.randrange(len(forged))] = chance.randbytes(32)
    elif way == 1:
        forged.append(chance.randbytes(32))
    elif way == 2:
        forged.pop()
    else:
        chance.shuffle(forged)
    return forged


@pytest.mark.parametrize(("size", "index"), [(0, 0), (3, 3), (3, -1)])
def test_there_is_no_proof_of_what_is_not_there(size, index):
    with pytest.raises(IndexError):
        inclusion_proof(leaves(size), index)
    assert not is_included(leaf_hash(b""), index, size, [], EMPTY_ROOT)


@pytest.mark.parametrize("old", [0, 4])
def test_a_beginning_lies_within_the_tree(old):
    with pytest.raises(IndexError):
        consistency_proof(leaves(3), old)
    assert not is_consistent(old, EMPTY_ROOT, 3, root_of(leaves(3)), [])
