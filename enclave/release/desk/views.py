"""The pages. Each opens the site, calls the desk's functions, and closes it again."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from enclave.clock import system_clock
from enclave.custody import Custody, open_custody
from enclave.errors import EnclaveError, RefusedError, UsageError
from enclave.ids import Digest, PersonName, RequestId
from enclave.progress import Silent
from enclave.receipts import RequestReceipt
from enclave.release.decisions import decide, find_case
from enclave.release.desk.reading import read_page
from enclave.release.desk.words import WORDS, language_of
from enclave.release.handover import release
from enclave.release.permissions import check_is_reviewer, check_may_decide
from enclave.release.states import DECISIONS, state_of
from enclave.site import Site

NEWEST = 100
View = Callable[..., HttpResponse]
Inner = Callable[..., HttpResponse]


def for_reviewers(view: Inner) -> View:
    """A view that gets the open site and the visitor's name; only reviewers pass.

    What a function refuses becomes a page with its words: 403 for a refusal, 400 for wrong input,
    500 for anything else.
    """

    @wraps(view)
    def answer(request: HttpRequest, **arguments: str) -> HttpResponse:
        visitor = PersonName(request.user.get_username())
        try:
            with _site() as custody:
                check_is_reviewer(custody.config, visitor)
                return view(request, custody, visitor, **arguments)
        except RefusedError as error:
            return _refusal(request, error, 403)
        except UsageError as error:
            return _refusal(request, error, 400)
        except EnclaveError as error:
            return _refusal(request, error, 500)

    return answer


def _site() -> Custody:
    return open_custody(Site(Path(settings.ENCLAVE_SITE_ROOT)), system_clock, Silent())


def _refusal(request: HttpRequest, error: EnclaveError, status: int) -> HttpResponse:
    return render(request, "refused.html", {"message": str(error)}, status=status)


@require_GET
@for_reviewers
def requests(request: HttpRequest, custody: Custody, visitor: PersonName) -> HttpResponse:
    """All requests with their state; own projects' are named but cannot be opened."""
    del visitor
    words = WORDS[language_of(request)]
    minimum = custody.config.release.minimum_reviewers
    rows = [
        (receipt, words[state_of(find_case(custody, receipt.request_id), minimum).value])
        for receipt in custody.registry.all(RequestReceipt)
    ]
    return render(request, "requests.html", {"rows": rows})


@require_GET
@for_reviewers
def request_page(
    request: HttpRequest, custody: Custody, visitor: PersonName, request_id: str
) -> HttpResponse:
    """One request: verdict first, then what would leave, what it is, and the form."""
    case = find_case(custody, RequestId(request_id))
    check_may_decide(custody.config, case.request, visitor)
    words = WORDS[language_of(request)]
    page = read_page(custody, case, visitor)
    choices = [(decision, words[decision]) for decision in DECISIONS]
    return render(
        request,
        "request.html",
        {"page": page, "state": words[page.state.value], "choices": choices},
    )


@require_POST
@for_reviewers
def decide_page(
    request: HttpRequest, custody: Custody, visitor: PersonName, request_id: str
) -> HttpResponse:
    """Records the visitor's decision on the bytes that the form was about."""
    decide(
        custody,
        RequestId(request_id),
        visitor,
        decision=request.POST.get("decision", ""),
        comment=request.POST.get("comment", ""),
        package_digest=Digest(request.POST.get("package", "")),
    )
    return HttpResponseRedirect(reverse("request", args=[request_id]))


@require_POST
@for_reviewers
def hand_over_page(
    request: HttpRequest, custody: Custody, visitor: PersonName, request_id: str
) -> HttpResponse:
    """Hands over an approved request."""
    del request
    case = find_case(custody, RequestId(request_id))
    check_may_decide(custody.config, case.request, visitor)
    release(custody, RequestId(request_id))
    return HttpResponseRedirect(reverse("request", args=[request_id]))


@require_GET
@for_reviewers
def log(request: HttpRequest, custody: Custody, visitor: PersonName) -> HttpResponse:
    """The newest entries of the ledger: position and kind."""
    del visitor
    return render(request, "log.html", {"entries": custody.registry.entries(NEWEST)})


@login_not_required
@require_GET
def style(request: HttpRequest) -> HttpResponse:
    """The desk's style sheet."""
    del request
    text = Path(__file__).with_name("desk.css").read_text(encoding="utf-8")
    return HttpResponse(text, content_type="text/css; charset=utf-8")


@login_not_required
@require_GET
def no_icon(request: HttpRequest) -> HttpResponse:
    """Nothing: browsers ask for an icon, and the desk has none."""
    del request
    return HttpResponse(status=204)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form without a valid token."""
    del reason
    message = WORDS[language_of(request)]["forged"]
    return render(request, "refused.html", {"message": message}, status=403)
