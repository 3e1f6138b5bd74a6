"""Small random worlds against an attacker who tries every set of units, modulo a prime.

No group below the threshold may be missed, and what is called exact must be true: every equation is
worked out again from its words.
"""

import pytest
from differencing_worlds import Attacker, proven, random_world, support

from disclosure_control.differencing import compare

WORLDS = 480
PARTS = 12


@pytest.mark.parametrize("part", range(PARTS))
def test_every_new_small_group_and_hidden_cell_is_found_and_nothing_else(part):
    positive = 0
    for seed in range(part, WORLDS, PARTS):
        new, earlier = random_world(seed, most=9)
        minimum = 3 + seed % 2
        attacker = Attacker(new, earlier)
        result = compare(new, earlier, minimum)
        assert result.exhaustive
        linear = [one for one in result.differences if one.subject != "interval"]
        assert all(one.exact for one in linear)
        touched = proven(linear, attacker, minimum)
        assert attacker.new_atoms(minimum - 1) <= touched
        assert {support(attacker.hidden[key]) for key in attacker.new_hidden()} <= touched
        small = any(len(units) < minimum for units in touched)
        assert small == attacker.new_groups(minimum - 1)
        positive += small
    assert positive > WORLDS // PARTS // 2


@pytest.mark.parametrize("part", range(4))
def test_the_same_holds_where_several_units_are_alike(part):
    verdicts = []
    for seed in range(part, 100, 4):
        new, earlier = random_world(seed, most=16, copies=4)
        attacker = Attacker(new, earlier)
        result = compare(new, earlier, 4)
        touched = proven(result.differences, attacker, 4)
        assert {support(attacker.hidden[key]) for key in attacker.new_hidden()} <= touched
        small = any(len(units) < 4 for units in touched)
        assert small == attacker.new_groups(3)
        verdicts.append(small)
    assert len(set(verdicts)) == 2
