"""Why a delivery is refused as a whole."""

from enclave.errors import FindingsError

REASONS = {
    "already_delivered": "one accepted delivery of a school in a round",
    "bad_manifest": "a manifest with the documented fields",
    "bad_signature": "a manifest signed with the sender's registered key",
    "damaged": "a sealed package that opens whole",
    "delivery_id_taken": "a delivery id of its own; another package came under this one",
    "digest_mismatch": "a package with the size and digest of its manifest",
    "export_approved_too_late": "an export approved not later than 7 March of the round's year",
    "missing_column": "every column of the declared format",
    "missing_manifest": "a manifest beside every package",
    "missing_package": "a package beside every manifest",
    "no_usable_rows": "at least one row that keeps all rules",
    "not_sealed_for_this_site": "a package sealed for the round's public key",
    "objections_not_registered": "a statement that parents' objections were registered",
    "special_category_not_in_round": "no special-category column, consent or not, in this round",
    "special_category_without_consent": "special-category data with active consent only",
    "too_large": "files within the size limits of a delivery",
    "unknown_column": "no columns beside those of the declared format",
    "unknown_format": "one of the documented formats",
    "unknown_sender": "a registered sender",
    "wrong_file_type": "files of the declared format",
    "wrong_round": "a delivery for the open round",
    "wrong_school": "results of the sender's own school",
}
"""Every reason code and what was expected instead."""


class DeliveryProblem(FindingsError):  # noqa: N818 - a finding about data, not a fault
    """A delivery cannot be used. ``reason`` is a stable code from ``REASONS``."""

    def __init__(self, reason: str, where: str = "") -> None:
        self.reason = reason
        super().__init__(
            f"A delivery needs {REASONS[reason]} ({reason}).",
            where=where,
            next_step="see docs/how-to/refused-delivery.md; the sealed original is in quarantine",
        )
