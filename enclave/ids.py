"""Names for the identifiers that must never be swapped.

None of these is personal data: a person number is a meaningless spine number, a sender id and a
report id are opaque. BSN, education number and address have no type here because they never
travel beyond the linkage zone.
"""

from typing import NewType

RoundId = NewType("RoundId", str)
"""One collection round, for example ``2026-E``."""

SenderId = NewType("SenderId", str)
"""Opaque id of a delivering school, for example ``sender-00017``."""

DeliveryId = NewType("DeliveryId", str)
"""One sealed delivery, chosen by the sender and unique within a site."""

SchoolCode = NewType("SchoolCode", str)
"""BRIN and location number in six characters. Known to the site, never to a researcher."""

PersonNumber = NewType("PersonNumber", str)
"""Meaningless number of a person in the spine, nine digits with leading zeros."""

ProjectId = NewType("ProjectId", str)
"""One research project that was granted a view."""

PersonName = NewType("PersonName", str)
"""Account name of somebody who works in the enclave: steward, researcher, reviewer."""

RequestId = NewType("RequestId", str)
"""One request for release: a bundle that a researcher submitted."""

KeyName = NewType("KeyName", str)
"""Name of a key in the vault, for example ``round/2026-E/linkage``. Never the key."""

Digest = NewType("Digest", str)
"""SHA-256 in 64 lower-case hexadecimal digits."""
