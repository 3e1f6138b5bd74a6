"""``enclave release``: the review desk on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from enclave.cli.shell import DEFAULT_SITE, JsonOption, SiteOption, emit, open_site, say

app = typer.Typer(no_args_is_help=True, help="Assess, decide and hand over requests.")
RequestArgument = Annotated[str, typer.Argument(help="Request id.")]


@app.command("submit")
def submit(
    project: Annotated[str, typer.Argument(help="Project id.")],
    author: Annotated[str, typer.Option(help="Account of the researcher.")],
    site: SiteOption = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a request of every bundle that a project's workspace gave."""
    from enclave.ids import PersonName, ProjectId
    from enclave.release import submit_bundles

    with open_site(site) as custody:
        found = submit_bundles(custody, ProjectId(project), PersonName(author))
    emit(found, as_json=as_json, text="\n".join(r.request_id for r in found) or "No bundles.")


@app.command("list")
def list_requests(site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False) -> None:
    """List all requests with their state."""
    from enclave.receipts import RequestReceipt
    from enclave.release import state_of
    from enclave.release.decisions import find_case

    with open_site(site) as custody:
        minimum = custody.config.release.minimum_reviewers
        rows = [
            {
                "request": request.request_id,
                "title": request.title,
                "state": state_of(find_case(custody, request.request_id), minimum).value,
            }
            for request in custody.registry.all(RequestReceipt)
        ]
    text = "\n".join(f"{row['request']}  {row['state']:<20} {row['title']}" for row in rows)
    emit(rows, as_json=as_json, text=text or "No requests yet.")


@app.command("show")
def show(
    request: RequestArgument, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Show a request: what was found, what would leave, who decided."""
    from enclave.ids import RequestId
    from enclave.release.decisions import find_case

    with open_site(site) as custody:
        case = find_case(custody, RequestId(request))
    lines = [case.request.title, f"purpose: {case.request.purpose}"]
    if case.assessment is not None:
        lines += [
            f"{o.name}: {o.verdict}, {o.action}, {o.hidden} of {o.cells} cells hidden"
            for o in case.assessment.outputs
        ]
        lines.append(f"package {case.assessment.package_digest}")
    lines += [f"{d.reviewer}: {d.decision}" for d in case.decisions]
    record = {
        "request": case.request,
        "assessment": case.assessment,
        "decisions": case.decisions,
        "release": case.released,
    }
    emit(record, as_json=as_json, text="\n".join(lines))


@app.command("assess")
def assess(
    request: RequestArgument, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Judge a request anew from its evidence; exit code 3 when it is refused."""
    from enclave.ids import RequestId
    from enclave.release import assess as judge

    with open_site(site) as custody:
        receipt = judge(custody, RequestId(request))
    text = "\n".join(f"{o.name}: {o.verdict}, {o.action}" for o in receipt.outputs)
    emit(receipt, as_json=as_json, text=f"{receipt.outcome}\n{text}")
    if receipt.outcome == "refused":
        say("Refused. Next: the researcher protects the outputs and submits again.")
        raise typer.Exit(3)


@app.command("decide")
def decide(  # noqa: PLR0913 - each is an option of the command
    request: RequestArgument,
    reviewer: Annotated[str, typer.Option(help="Your account.")],
    decision: Annotated[str, typer.Option(help="approve, request changes or reject.")],
    package: Annotated[str, typer.Option(help="Digest of the package, as shown to you.")],
    comment: Annotated[str, typer.Option(help="Needed unless you approve.")] = "",
    site: SiteOption = DEFAULT_SITE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Record your decision on exactly the bytes of a package."""
    from enclave.ids import Digest, PersonName, RequestId
    from enclave.release import decide as record

    with open_site(site) as custody:
        receipt = record(
            custody,
            RequestId(request),
            PersonName(reviewer),
            decision=decision,
            comment=comment,
            package_digest=Digest(package),
        )
    emit(receipt, as_json=as_json, text=f"Recorded: {receipt.reviewer} {receipt.decision}.")


@app.command("hand-over")
def hand_over(
    request: RequestArgument, site: SiteOption = DEFAULT_SITE, *, as_json: JsonOption = False
) -> None:
    """Hand over the files of an approved request."""
    from enclave.ids import RequestId
    from enclave.release import release

    with open_site(site) as custody:
        receipt = release(custody, RequestId(request))
    emit(receipt, as_json=as_json, text="\n".join(file.path for file in receipt.files))


@app.command("states")
def states(*, as_json: JsonOption = False) -> None:
    """Draw the life of a request as a Mermaid diagram."""
    from enclave.release.states import mermaid

    emit({"mermaid": mermaid()}, as_json=as_json, text=mermaid())
