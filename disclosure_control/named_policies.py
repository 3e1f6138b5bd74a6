"""The named policies. Each number names its source; the manual prints them from here."""

from disclosure_control.policy import Policy

_DWB = "Data without Boundaries / ESSnet guidelines for output checking, as used by CBS Microdata"
_ACRO = "ACRO 1.0.2, default.yaml"
_INCOME = "CBS, criteria for disclosure risk and reliability in the income statistics (2021)"

policies: dict[str, Policy] = {
    "cbs": Policy(
        name="cbs",
        minimum_units=10,
        minimum_entities=3,
        minimum_degrees_of_freedom=10,
        maximum_unit_share=0.50,
        maximum_entity_share=0.50,
        maximum_group_share=0.90,
        sources=(
            ("minimum_units", f"{_DWB}: at least 10 units per cell"),
            ("minimum_entities", "own choice: with two, each learns the other"),
            ("minimum_degrees_of_freedom", f"{_DWB}: at least 10"),
            ("maximum_unit_share", f"{_DWB}: the largest contributor at most 50 %"),
            ("maximum_entity_share", "the same share for a school"),
            ("maximum_group_share", f"{_DWB}: no category with 90 % or more of a group"),
            ("maximum_leverage", "own choice: the share of dominance, for a fitted value"),
            ("interval_share", "own choice: as a p % rule of 10"),
        ),
    ),
    "ess": Policy(
        name="ess",
        minimum_units=10,
        minimum_degrees_of_freedom=10,
        maximum_unit_share=0.50,
        maximum_group_share=0.90,
        sources=(
            ("minimum_units", f"{_DWB}: at least 10"),
            ("minimum_degrees_of_freedom", f"{_DWB}: at least 10"),
            ("maximum_unit_share", f"{_DWB}: (1, 50 %)"),
            ("maximum_group_share", f"{_DWB}: 90 %"),
            ("maximum_leverage", "own choice: the share of dominance, for a fitted value"),
            ("interval_share", "own choice: as a p % rule of 10"),
        ),
    ),
    "nco_report": Policy(
        name="nco_report",
        minimum_units=6,
        percentage_floor=5.0,
        percentage_ceiling=95.0,
        sources=(
            (
                "minimum_units",
                "NCO: nothing on groups of five or fewer pupils (the stricter of two statements)",
            ),
            ("percentage_floor", "NCO: below 5 % is shown as 5 %"),
            ("percentage_ceiling", "NCO: above 95 % is shown as 95 %"),
            ("minimum_degrees_of_freedom", "not stated by NCO: as for CBS"),
        ),
    ),
    "cbs_income": Policy(
        name="cbs_income",
        minimum_units=10,
        minimum_units_of_totals=100,
        minimum_denominator=100,
        maximum_extreme_share=0.30,
        maximum_unit_share=0.50,
        maximum_group_share=0.90,
        rounding_base=100,
        sources=(
            ("rounding_base", f"{_INCOME}: counts are rounded to hundreds"),
            ("minimum_denominator", f"{_INCOME}: percentages of at least 100"),
            ("minimum_units_of_totals", f"{_INCOME}: means and sums of at least 100"),
            ("maximum_extreme_share", f"{_INCOME}: minimum and maximum at most 30 % of the sum"),
            ("minimum_units", f"{_DWB}: at least 10, beneath the rounding"),
            ("maximum_unit_share", f"{_DWB}: the largest contributor at most 50 %"),
            ("maximum_group_share", f"{_DWB}: 90 %"),
        ),
    ),
    "opensafely": Policy(
        name="opensafely",
        minimum_units=8,
        rounding_base=5,
        sources=(
            ("minimum_units", "OpenSAFELY: counts of 7 or fewer are redacted"),
            ("rounding_base", "OpenSAFELY: then rounded to 5"),
            ("minimum_degrees_of_freedom", "not stated by OpenSAFELY: as for CBS"),
        ),
    ),
    "acro": Policy(
        name="acro",
        minimum_units=10,
        minimum_degrees_of_freedom=10,
        maximum_top_share=0.90,
        top_units=2,
        minimum_remainder=0.10,
        zeros_are_unsafe=True,
        sources=(
            ("minimum_units", f"{_ACRO}: safe_threshold 10"),
            ("minimum_degrees_of_freedom", f"{_ACRO}: safe_dof_threshold 10"),
            ("maximum_top_share", f"{_ACRO}: safe_nk_n 2, safe_nk_k 0.9"),
            ("top_units", f"{_ACRO}: safe_nk_n 2"),
            ("minimum_remainder", f"{_ACRO}: safe_pratio_p 0.1"),
            ("zeros_are_unsafe", f"{_ACRO}: zeros_are_disclosive"),
        ),
    ),
}
"""The named policies."""
