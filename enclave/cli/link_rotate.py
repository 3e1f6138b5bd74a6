"""``enclave link rotate``: a new key for the numbers of pupils who are not linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, DrawnProgress, JsonOption, SiteOption, emit, open_site

if TYPE_CHECKING:
    from enclave.receipts import RotationReceipt


def rotate(
    steward: Annotated[str, typer.Option(help="Your account; has the role steward.")],
    site: SiteOption = DEFAULT_SITE,
    *,
    again: Annotated[
        bool, typer.Option("--again", help="Make another new key in the same round.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Wrap the numbers of pupils who are not linked with a new key, once in a round."""
    from enclave.ids import PersonName
    from enclave.linkage.education.rewriting import rotate_s_key

    with DrawnProgress() as progress, open_site(site, progress) as custody:
        receipt = rotate_s_key(custody, PersonName(steward), again=again)
    emit(receipt, as_json=as_json, text=_describe(receipt))


def _describe(receipt: RotationReceipt) -> str:
    written = (
        f"{len(receipt.files)} files written anew" if receipt.files else "written by a linkage"
    )
    return (
        f"S numbers are under {len(receipt.keys)} keys, the newest {receipt.keys[-1]}: "
        f"{receipt.wrapped:,} persons without a link, {written}"
    )
