"""What always holds of the cells of linked tables and of the sums between them."""

import numpy as np
from dc_linked_cases import SHAPES, connecting, draw_tables, indicator
from hypothesis import event, given, settings
from hypothesis import strategies as st

import disclosure_control as dc
from disclosure_control.audit import find_unprotected, verify
from disclosure_control.linked import protect_linked
from disclosure_control.linking_tables.problem import link

POLICY = dc.Policy("three", 3)
CASES = st.tuples(st.integers(0, 2**32 - 1), st.sampled_from(sorted(SHAPES)), st.integers(8, 60))
SETTINGS = settings(max_examples=40, derandomize=True, deadline=None)


def joint(case, policy=POLICY):
    seed, shape, people = case
    tables, _ = draw_tables(np.random.default_rng(seed), shape, people)
    linked = link(tables, policy, ("value", [None] * len(tables)), connecting(tables))
    return tables, linked


@given(CASES)
@SETTINGS
def test_cells_are_the_same_exactly_when_they_are_of_the_same_categories(case):
    tables, linked = joint(case)
    rows = np.concatenate([indicator(table) for table in tables])
    places = np.concatenate(linked.places)
    for place in np.unique(places):
        same = (rows == rows[np.argmax(places == place)]).all(axis=1)
        assert (same == (places == place)).all()
    for table, own in zip(tables, linked.places, strict=True):
        assert (linked.problem.values[own] == table.cells["sum"].to_numpy()).all()


@given(CASES)
@SETTINGS
def test_no_sum_is_missing_and_none_is_wrong(case):
    """As many independent sums as cells that the finest ones determine."""
    tables, linked = joint(case)
    count = linked.problem.values.size
    shown = 1 + max(int(own.max()) for own in linked.places)
    relations = linked.problem.relations.toarray()
    assert np.abs(relations @ linked.problem.values).max(initial=0) == 0
    cells = np.zeros((shown, indicator(tables[0]).shape[1]))
    for table, own in zip(tables, linked.places, strict=True):
        cells[own] = indicator(table)
    # What the relations say about the shown cells alone: those in which no part occurs.
    parts = relations[:, shown:]
    about = relations[:, :shown]
    null = np.linalg.svd(parts.T)[2][np.linalg.matrix_rank(parts) if parts.size else 0 :]
    alone = null @ about if parts.size else about
    assert np.abs(alone @ cells).max(initial=0) < 1e-9
    assert np.linalg.matrix_rank(alone) == shown - np.linalg.matrix_rank(cells)
    assert count >= shown


@given(CASES, st.sampled_from([None, 0.8]))
@settings(max_examples=25, derandomize=True, deadline=None)
def test_what_is_protected_together_is_protected_in_each_and_across(case, share):
    seed, shape, people = case
    tables, _ = draw_tables(np.random.default_rng(seed), shape, people)
    policy = dc.Policy("three", 3, maximum_group_share=share)
    linked, why = None, ""
    try:
        linked = protect_linked(tables, policy, hierarchies=connecting(tables))
    except dc.ProtectionError as fault:
        why = str(fault)
    assert (linked is None) == ("join categories" in why), why
    event("protected" if linked else "cannot be protected")
    if linked is None:
        return
    weak, certain = find_unprotected(linked.problem, linked.hidden)
    assert not weak.any()
    assert not certain.any()
    for table, one in zip(tables, linked.tables, strict=True):
        assert verify(one.problem, one.hidden, one.certificate)[0][one.problem.primary].all()
        assert one.hidden[dc.protect(table, policy).problem.primary].all()
    again = protect_linked(tables, policy, hierarchies=connecting(tables))
    assert (again.hidden == linked.hidden).all()
