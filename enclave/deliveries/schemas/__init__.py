"""Column contracts of what a delivery becomes."""

from enclave.deliveries.schemas.columns import (
    DOMAINS,
    GRADES,
    IDENTIFIER_COLUMNS,
    IDENTIFIER_SCHEMA,
    MAXIMUM_SCORE,
    MOMENTS,
    PROVIDERS,
    RESULT_SCHEMA,
)

__all__ = [
    "DOMAINS",
    "GRADES",
    "IDENTIFIER_COLUMNS",
    "IDENTIFIER_SCHEMA",
    "MAXIMUM_SCORE",
    "MOMENTS",
    "PROVIDERS",
    "RESULT_SCHEMA",
]
