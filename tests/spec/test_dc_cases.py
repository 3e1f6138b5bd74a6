"""Cases in which checkers fail end as the manual says (``docs/reference/cases.md``)."""

import pytest
from specifications import CASES
from specifications.running import Ran

EXAMPLES = [
    pytest.param(case, id=f"{item.rule}-{number}")
    for item in CASES
    for number, case in enumerate(item.cases, 1)
]
NAMES = "A1 A2 A3 B1 B2 B4 E2 C1 C3 C5 D1 D2 D3 E3 G1 H1 M1 J1"


@pytest.mark.parametrize("case", EXAMPLES)
def test_the_case_ends_as_the_manual_says(case):
    ran = Ran(case)
    assert [sentence for one in case.expects for sentence in one.broken(ran)] == []


def test_no_case_of_the_study_is_left_out():
    assert [item.rule for item in CASES] == NAMES.split()
