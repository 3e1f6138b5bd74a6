"""Families of attacks that people produce, each also shifted to exactly the threshold.

Threshold 10. Every family runs through both routes of the search: the exhaustive one for few
tables, and the one that scales. The families and the first case (base A3: "62 - 40 - 18 = 4") are
those of a study of output checkers and of differencing; the numbers are computed by hand.
"""

import pytest
from differencing_worlds import plain, table

from disclosure_control.differencing import compare, exact, find_differences, many
from disclosure_control.verdict import Verdict

MINIMUM = 10
BASE = {
    ("N", "x"): 30,
    ("N", "y"): 25,
    ("N", "z"): 20,
    ("S", "x"): 40,
    ("S", "y"): 4,
    ("S", "z"): 18,
}


@pytest.fixture(params=["exhaustive", "scaling"], autouse=True)
def route(request, monkeypatch):
    if request.param == "scaling":
        monkeypatch.setattr(exact, "MOST_COLUMNS", -1)
    return request.param


def people(counts):
    return [(f"{key}-{place}", key) for key, number in counts.items() for place in range(number)]


def by(records, keep):
    return [(unit, keep(key)) for unit, key in records]


def base_table(hidden, name="table 1", margins=()):
    published = {
        f"({r}, {c})": ({(r, c)}, (r, c) not in hidden, None if (r, c) in hidden else number)
        for (r, c), number in BASE.items()
    }
    for label, inside in margins:
        published[label] = (inside, True, sum(BASE[key] for key in inside))
    return table(name, people(BASE), published)


def one_way():
    rows = by(people(BASE), lambda key: key[0])
    return table("table 2", rows, {"(N)": ({"N"}, True, 75), "(S)": ({"S"}, True, 62)})


def margins():
    for r in "NS":
        yield f"({r}, Total)", {key for key in BASE if key[0] == r}
    for c in "xyz":
        yield f"(Total, {c})", {key for key in BASE if key[1] == c}
    yield "(Total, Total)", set(BASE)


def test_a_one_way_table_gives_a_hidden_cell_back_and_the_equation_is_told():
    first = base_table({("S", "y")})
    assert find_differences([first], [], MINIMUM) == ()
    (found,) = find_differences([one_way()], [first], MINIMUM)
    assert found.equation == (
        "(S, y) of table 1 = (S) of table 2 - (S, x) of table 1 - (S, z) of table 1"
    )
    assert found.arithmetic == "62 - 40 - 18 = 4"
    assert (found.units, found.exact, found.subject) == (4, True, "hidden cell")
    assert found.tables == ("table 2", "table 1")
    assert found.verdict is Verdict.UNSAFE


def test_the_order_of_release_does_not_matter():
    for new, earlier in (
        ([base_table({("S", "y")})], [one_way()]),
        ([one_way(), base_table({("S", "y")})], []),
    ):
        (found,) = find_differences(new, earlier, MINIMUM)
        assert found.arithmetic == "62 - 40 - 18 = 4"


def test_a_safe_pattern_with_true_margins_stays_safe_beside_the_one_way_table():
    hidden = {("S", "y"), ("S", "z"), ("N", "y"), ("N", "z")}
    safe = base_table(hidden, margins=margins())
    assert compare([safe], [], MINIMUM).verdict is Verdict.SAFE
    assert compare([one_way()], [safe], MINIMUM).verdict is Verdict.SAFE


def test_a_safe_pattern_with_true_margins_is_opened_by_one_cell_from_elsewhere():
    hidden = {("S", "y"), ("S", "z"), ("N", "y"), ("N", "z")}
    safe = base_table(hidden, margins=margins())
    other = table(
        "table 3",
        [r for r in people(BASE) if r[1] == ("N", "y")],
        {"(N, y)": ({("N", "y")}, True, 25)},
    )
    found = find_differences([other], [safe], MINIMUM)
    assert {one.units for one in found if one.subject == "hidden cell"} == {4, 18, 20, 25}
    smallest = found[0]
    assert smallest.equation.startswith("(S, y) of table 1 = ")
    assert smallest.arithmetic.endswith("= 4")
    assert all(one.exact for one in found)


def test_hidden_nodes_of_a_nested_margin_are_followed():
    leaves = {"a1": 20, "a2": 5, "b1": 30, "b2": 40}
    records = people(leaves)
    inner = table(
        "inner",
        records,
        {
            "a1": ({"a1"}, True, 20),
            "a2": ({"a2"}, False, None),
            "a": ({"a1", "a2"}, False, None),
            "b": ({"b1", "b2"}, False, None),
            "all": (set(leaves), True, 95),
        },
    )
    assert find_differences([inner], [], MINIMUM) == ()
    other = table(
        "other",
        by([r for r in records if r[1][0] == "b"], lambda key: key[0]),
        {"b": ({"b"}, True, 70)},
    )
    found = find_differences([other], [inner], MINIMUM)
    told = {one.equation: one.arithmetic for one in found if one.subject == "hidden cell"}
    assert told["a2 of inner = all of inner - b of other - a1 of inner"] == "95 - 70 - 20 = 5"
    assert told["a of inner = all of inner - b of other"] == "95 - 70 = 25"
    assert told["b of inner = b of other"] == "70 = 70"


@pytest.mark.parametrize("left_out", [1, 3, 9, 10, 12])
def test_the_same_table_over_all_and_over_all_but_a_few(left_out):
    counts = {key: 25 + place for place, key in enumerate("abcd")}
    records = people(counts)
    all_but = [r for r in records if not (r[1] == "a" and int(r[0].split("-")[1]) < left_out)]
    found = find_differences([plain("T2", all_but)], [plain("T1", records)], MINIMUM)
    assert [one.units for one in found] == ([left_out] if left_out < MINIMUM else [])
    for one in found:
        assert one.equation == "a small group = a of T1 - a of T2"
        assert one.arithmetic == f"25 - {25 - left_out} = {left_out}"


def test_two_tables_are_explained_without_any_search(monkeypatch, route):
    monkeypatch.setattr(many, "find_candidates", lambda one, figures: ())
    records = people({"a": 25, "b": 30})
    (found,) = find_differences([plain("T2", records[4:])], [plain("T1", records)], MINIMUM)
    assert found.equation == "a small group = a of T1 - a of T2"


@pytest.mark.parametrize("left_out", [3, 10])
@pytest.mark.parametrize("tables", range(2, 14))
def test_parts_and_a_whole_without_a_few(tables, left_out):
    parts = [
        [(f"p{part}-{place}", "in") for place in range(20 + part)] for part in range(tables - 1)
    ]
    released = [plain(f"T{place}", part) for place, part in enumerate(parts)]
    whole = plain("whole", [unit for part in parts for unit in part][left_out:])
    found = find_differences([whole], released, MINIMUM)
    assert [one.units for one in found] == ([left_out] if left_out < MINIMUM else [])
    for one in found:
        assert one.exact
        assert set(one.tables) == {"whole", *(t.name for t in released)}
        assert one.arithmetic.endswith(f"= {left_out}")


@pytest.mark.parametrize("gap", [0, 10])
def test_a_chain_of_four_tables_leads_to_a_hidden_cell(gap):
    counts = {"Sx": 30, "Sy": 7, "Sz": 22, "Nz": 40}
    records = people(counts)
    first = plain("T1", [r for r in records if r[1][0] == "S"], hidden={"Sy", "Sz"})
    total = plain("T2", [(u, "S") for u, key in records if key[0] == "S"])
    column = plain("T3", [(u, "z") for u, key in records if key[1] == "z"])
    other = plain("T4", [(u, "Nz") for u, key in records if key == "Nz"][gap:])
    found = find_differences([other], [first, total, column], MINIMUM)
    hidden = {one.equation: one for one in found if one.subject == "hidden cell"}
    if gap:
        assert found == ()
    else:
        assert "Sz of T1 = z of T3 - Nz of T4" in hidden
        (text,) = (text for text in hidden if text.startswith("Sy of T1"))
        assert hidden[text].units == 7
        assert set(hidden[text].tables) == {"T1", "T2", "T3", "T4"}


@pytest.mark.parametrize("shifted", [6, 9, 10])
def test_two_cuts_of_an_age_that_are_shifted_by_a_little(shifted):
    ages = [(f"u{place:03d}", place) for place in range(200)]
    first = plain("T1", [(u, f"c{(a >= 60) + (a >= 140)}") for u, a in ages])
    second = plain("T2", [(u, f"d{(a >= 60 + shifted) + (a >= 170)}") for u, a in ages])
    found = find_differences([second], [first], MINIMUM)
    assert [one.units for one in found] == ([shifted] if shifted < MINIMUM else [])


@pytest.mark.parametrize("shifted", [6, 10])
def test_only_a_union_of_cells_matches(shifted):
    ages = [(f"u{place:03d}", place) for place in range(240)]
    first = plain("T1", [(u, f"c{(a >= 50) + (a >= 100) + (a >= 180)}") for u, a in ages])
    second = plain(
        "T2", [(u, f"d{(a >= 75) + (a >= 100 + shifted) + (a >= 140)}") for u, a in ages]
    )
    found = find_differences([second], [first], MINIMUM)
    assert [one.units for one in found] == ([shifted] if shifted < MINIMUM else [])
    for one in found:
        assert sorted(one.equation.split(" = ")[1].replace(" - ", " + ").split(" + "))[:2] == [
            "c0 of T1",
            "c1 of T1",
        ]


@pytest.mark.parametrize("few", [4, 10])
def test_two_populations_that_differ_by_a_few(few):
    everybody = [(f"u{place:03d}", "tested" if place < 90 else "not") for place in range(150)]
    tested = plain("T1", [(u, "in") for u, key in everybody if key == "tested"])
    enrolled = plain("T2", [(u, "in") for u, key in everybody][: 90 + few])
    found = find_differences([enrolled], [tested], MINIMUM)
    assert [one.units for one in found] == ([few] if few < MINIMUM else [])


def test_what_was_known_before_is_not_told_again():
    counts = {"a": 25, "b": 30}
    records = people(counts)
    first, second = plain("T1", records), plain("T2", records[3:])
    assert find_differences([second], [first], MINIMUM) != ()
    again = plain("T3", records[3:])
    assert find_differences([again], [first, second], MINIMUM) == ()
    assert find_differences([first], [first], MINIMUM) == ()


def test_half_coefficients_are_followed_where_the_search_is_exhaustive(route):
    pairs = {"T1": "ab", "T2": "ac", "T3": "bc"}
    counts = {"a": 3, "b": 20, "c": 30}
    tables = [
        plain(name, [(u, "in") for u, key in people(counts) if key in keys])
        for name, keys in pairs.items()
    ]
    found = find_differences(tables[2:], tables[:2], MINIMUM)
    if route == "exhaustive":
        (one,) = found
        assert one.equation == "2 x a small group = in of T1 + in of T2 - in of T3"
        assert one.arithmetic == "23 + 33 - 50 = 2 x 3"
