"""The parts of the audit: each claims no more than it can show."""

from importlib import import_module

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from disclosure_control.audit.blocks import components, packs
from disclosure_control.audit.exchanges import exchange, exchange_boxes
from disclosure_control.audit.frontier import Frontier, Surroundings
from disclosure_control.audit.reach import Reach
from disclosure_control.audit.rows import connected, distinct, narrowed
from disclosure_control.audit.shifts import Shifts
from disclosure_control.audit.unknowns import find_unknowns


def unknowns_of(rows, low, high, *, integral=True):
    matrix = csr_matrix(np.array(rows, dtype=np.float64))
    hidden = np.ones(matrix.shape[1], dtype=np.bool_)
    low, high = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    return find_unknowns(matrix, hidden, low, high, integral=integral)


def chain(count, room):
    """Relations over three cells in a row each, as in a long thin table."""
    rows = np.zeros((count - 2, count))
    for place in range(count - 2):
        rows[place, place : place + 3] = [1, 1, -1]
    return unknowns_of(rows, np.full(count, -room), np.full(count, room), integral=False)


def test_only_rows_that_say_the_same_are_left_out():
    rows = csr_matrix([[1.0, 1, -1], [1, -1, 1], [-1, -1, 1], [0, 0, 0], [1, 1, 0], [2, 2, -2]])
    assert distinct(rows).toarray().tolist() == [[1, 1, -1], [1, -1, 1], [1, 1, 0], [2, 2, -2]]
    assert distinct(csr_matrix((0, 3))).shape == (0, 3)


def test_a_bound_is_narrowed_by_what_the_others_of_a_relation_can_do():
    low, high = narrowed(
        csr_matrix([[1.0, 1, -1]]),
        np.array([-np.inf, -2, -3.0]),
        np.array([np.inf, 4, 5.0]),
        integral=False,
    )
    assert low.tolist() == [-7, -2, -3]
    assert high.tolist() == [7, 4, 5]


def test_columns_are_connected_through_rows_only():
    label = connected(csr_matrix([[1, 1, 0, 0], [0, 0, 0, 1]])).tolist()
    assert label[0] == label[1]
    assert sorted(set(label)) == [0, 1, 2]
    assert connected(csr_matrix((0, 3))).tolist() == [0, 1, 2]


def test_tied_cells_become_one_unknown_and_stuck_cells_none():
    # a + b = 0, b - c = 0; d + e + f = 0 with d stuck, so that e and f are tied.
    found = unknowns_of(
        [[1, 1, 0, 0, 0, 0], [0, 1, -1, 0, 0, 0], [0, 0, 0, 1, 1, 1]],
        [-5, -3, -4, 0, -1, -1],
        [5, 2, 9, 0, 9, 9],
    )
    assert found.number[3] == -1
    assert found.size == 2
    assert (found.number[:3] == found.number[0]).all()
    assert found.number[4] == found.number[5] != found.number[0]
    one = found.number[0]
    turned = found.sign[0]
    assert sorted(turned * np.array([found.low[one], found.high[one]])) == [-2, 3]
    assert (found.sign[1], found.sign[2]) == (-turned, -turned)


def test_a_cell_tied_to_its_own_reverse_cannot_move():
    assert (unknowns_of([[1, 1], [1, -1]], [-9, -9], [9, 9]).number == -1).all()


@pytest.mark.parametrize("integral", [True, False])
def test_a_change_that_breaks_a_relation_widens_nothing(integral):
    reach = Reach(unknowns_of([[1, 1, -1], [1, -2, 1]], [-9] * 3, [9] * 3, integral=integral))
    reach.see_exact(csr_matrix([[1.0, 1, 1], [1, 0, 1], [0, 0, 0]]))
    reach.see(np.array([1.0, 1.0, 1.0]))
    assert not reach.see_all(np.array([1.0, 1, 1]), np.arange(3), reach.unknowns.matrix)
    assert not reach.rise.any()
    assert not reach.fall.any()


def test_whole_numbers_move_by_whole_multiples_of_whole_changes():
    whole = Reach(unknowns_of([[1, 1, -1]], [-3] * 3, [3] * 3))
    whole.see_exact(csr_matrix([[2.0, -2, 0]]))
    assert whole.rise.tolist() == [2, 2, 0]
    whole.see(np.array([2.0, 0, 2.0]))
    assert whole.rise.tolist() == [2, 2, 2]
    whole.see(np.array([0.5, 0.5, 1.0]))
    assert whole.rise.tolist() == [2, 2, 2]
    amounts = Reach(unknowns_of([[1, 1, -1]], [-3] * 3, [3] * 3, integral=False))
    amounts.see_exact(csr_matrix([[2.0, -2, 0]]))
    assert amounts.rise.tolist() == [3, 3, 0]


def test_closed_surroundings_move_nothing_that_reaches_farther():
    frontier = Frontier(chain(40, 10.0))
    near = Surroundings(frontier, 20, 12)
    assert 12 <= near.cells.size < 40
    assert near.edge.any()
    for side in (0, 1):
        found = near.furthest(side, closed=True)
        assert not found[near.edge].any()
        free = near.furthest(side, closed=False)
        assert abs(free[near.place]) >= abs(found[near.place])


def test_a_frontier_only_comes_nearer():
    frontier = Frontier(chain(10, 10.0))
    before = frontier.most(0, 4)
    frontier.lower(0, 4, before + 5)
    assert frontier.most(0, 4) == before
    frontier.lower(0, 4, before - 5)
    assert frontier.most(0, 4) == pytest.approx(before - 5)
    frontier.lower(0, 4, -5)
    assert frontier.most(0, 4) == 0


def grid_of(*sizes):
    """A full table of lists with all margins shown: cells sum to zero along every axis."""
    place = np.arange(np.prod(sizes)).reshape(sizes)
    rows = []
    for axis in range(len(sizes)):
        for line in np.moveaxis(place, axis, -1).reshape(-1, sizes[axis]):
            row = np.zeros(place.size)
            row[line] = 1
            rows.append(row)
    return rows


def test_exchanges_find_the_rectangle_with_most_room():
    high = np.array([9.0, 2, 5, 2, 9, 5, 5, 5, 7])
    reach = Reach(unknowns_of(grid_of(3, 3), -high, high))
    exchange(reach, np.ones((2, 9), dtype=np.bool_))
    # Cell 0 moves with 2, 6 and 8 by 5, with 1, 3 and 4 by 2 only.
    assert reach.rise[0] == reach.fall[0] == 5
    assert reach.rise[1] == 2


def test_exchanges_of_boxes_need_three_lists():
    high = np.full(27, 4.0)
    reach = Reach(unknowns_of(grid_of(3, 3, 3), -high, high))
    wanted = np.ones((2, 27), dtype=np.bool_)
    exchange(reach, wanted)
    assert not reach.rise.any()
    exchange_boxes(reach, wanted)
    assert (reach.rise == 4).all()
    assert (reach.fall == 4).all()


def test_packs_cut_large_components_only_and_cover_every_unknown_once():
    rows = np.zeros((16, 18))
    for place in range(8):
        rows[place, place : place + 3] = 1
    for place in range(8, 14):
        rows[place, place + 2 : place + 5] = 1
    some = unknowns_of(rows[:14], [-9] * 18, [9] * 18)
    everything = np.ones(some.size, dtype=np.bool_)
    for limit, turn in ((4, 0), (4, 1), (9, 0), (100, 0)):
        found = packs(some, everything, limit, turn)
        assert np.sort(np.concatenate(found)).tolist() == list(range(some.size))
        assert all((np.diff(part) > 0).all() for part in found)
    assert len(packs(some, everything, 100)) == 1
    one = np.zeros(some.size, dtype=np.bool_)
    one[0] = True
    label = some.label
    assert components(some, one)[0].tolist() == np.flatnonzero(label == label[0]).tolist()
    assert packs(some, ~everything, 4) == []


def test_the_last_resort_for_whole_numbers_is_asked_only_when_it_may(monkeypatch):
    shifts = Shifts(csr_matrix([[2.0, 3.0, -1.0]]))
    monkeypatch.setattr(shifts, "_mended", lambda *_: None)
    low, high = np.array([1.0, -9, 0]), np.array([9.0, 9, 0])
    found = shifts.find(low, high)
    assert found is not None
    assert found[1] != np.rint(found[1])
    assert shifts.whole(found, exhaustive=False) is None
    assert shifts.whole(found, exhaustive=True).tolist() == [3, -2, 0]


def test_checksums_that_do_not_tell_rows_apart_lose_none(monkeypatch):
    monkeypatch.setattr(
        import_module("disclosure_control.audit.rows"), "mixed", lambda count: np.zeros(count, int)
    )
    rows = csr_matrix([[1.0, 1, -1, 0], [1, -1, 1, 0], [1, 1, 0, 1], [1, 1, -1, 0]])
    kept = {tuple(row) for row in distinct(rows).toarray().tolist()}
    assert kept == {(1, 1, -1, 0), (1, -1, 1, 0), (1, 1, 0, 1)}


def test_checksums_that_do_not_tell_exchanges_apart_claim_nothing_untrue(monkeypatch):
    monkeypatch.setattr(
        import_module("disclosure_control.audit.reach"), "mixed", lambda count: np.ones(count, int)
    )
    high = np.array([9.0, 2, 5, 2, 9, 5, 5, 5, 1])
    reach = Reach(unknowns_of(grid_of(3, 3), -high, high))
    exchange(reach, np.ones((2, 9), dtype=np.bool_))
    assert (reach.rise <= Frontier(reach.unknowns).high).all()
    assert (reach.fall <= -Frontier(reach.unknowns).low).all()
