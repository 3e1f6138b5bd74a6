"""The desk's answers: who gets in, what is refused, what every page carries."""

import re

import pytest
from desk_site import PASSWORD, make_desk_site

from enclave.clock import system_clock
from enclave.custody import open_custody
from enclave.progress import Silent
from enclave.receipts import AssessmentReceipt, DecisionReceipt
from enclave.release.desk import server
from enclave.release.desk.words import WORDS
from enclave.site import Site

pytestmark = pytest.mark.xdist_group("desk")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One site for all tests of this file: Django is configured once in a process."""
    root = tmp_path_factory.mktemp("desk") / "site"
    request_id = make_desk_site(root)
    with open_custody(Site(root), system_clock, Silent()) as custody:
        server.set_up(custody, ("testserver",))
        for name in ("reviewer-1", "reviewer-2", "member-1", "researcher-1", "auditor-1"):
            server.set_password(custody, name, PASSWORD)
        digest = custody.registry.find(AssessmentReceipt, request_id).package_digest
    return root, request_id, digest


@pytest.fixture
def visit(place):
    from django.test import Client

    def client(name=None, **options):
        made = Client(**options)
        if name is not None:
            assert made.login(username=name, password=PASSWORD)
        return made

    return client


def test_nobody_sees_anything_without_logging_in(place, visit):
    _, request_id, _ = place
    for path in ("/", "/log", f"/request/{request_id}"):
        answer = visit().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login")


@pytest.mark.parametrize("name", ["researcher-1", "auditor-1"])
def test_only_reviewers_get_in(place, visit, name):
    _, request_id, _ = place
    for path in ("/", "/log", f"/request/{request_id}"):
        assert visit(name).get(path).status_code == 403


def test_a_member_of_the_project_sees_the_list_but_not_the_request(place, visit):
    _, request_id, digest = place
    client = visit("member-1")
    assert client.get("/").status_code == 200
    assert client.get(f"/request/{request_id}").status_code == 403
    answer = client.post(
        f"/request/{request_id}/decide", {"decision": "approve", "package": digest}
    )
    assert answer.status_code == 403


def test_a_form_without_a_token_is_refused(place, visit):
    _, request_id, digest = place
    client = visit("reviewer-1", enforce_csrf_checks=True)
    answer = client.post(
        f"/request/{request_id}/decide", {"decision": "approve", "package": digest}
    )
    assert answer.status_code == 403
    assert WORDS["nl"]["forged"] in answer.content.decode()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"decision": "approve", "package": "0" * 64}, 403),
        ({"decision": "approve"}, 403),
        ({"decision": "reject", "comment": " "}, 400),
        ({"decision": "whatever"}, 400),
        ({}, 400),
    ],
)
def test_wrong_forms_are_refused_and_leave_no_decision(place, visit, form, status):
    root, request_id, digest = place
    form = {"package": digest, **form} if form.get("decision") != "approve" else form
    assert visit("reviewer-1").post(f"/request/{request_id}/decide", form).status_code == status
    with open_custody(Site(root), system_clock, Silent()) as custody:
        assert custody.registry.all(DecisionReceipt) == []


def test_hostile_words_are_shown_as_text(place, visit):
    _, request_id, _ = place
    page = visit("reviewer-1").get(f"/request/{request_id}").content.decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;bold" in page


def test_every_page_forbids_scripts_and_is_kept_nowhere(place, visit):
    _, request_id, _ = place
    for path in ("/", "/log", f"/request/{request_id}", "/login", "/desk.css"):
        answer = visit("reviewer-1").get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Frame-Options"] == "DENY"


def test_a_hidden_cell_carries_its_letter_and_no_number(place, visit):
    _, request_id, _ = place
    page = visit("reviewer-1").get(f"/request/{request_id}").content.decode()
    cells = re.findall(r'<td class="v">(.*?)</td>', page)
    assert cells == [". <b>v</b>"] * 4


def test_both_languages_have_the_same_words_and_a_visitor_can_switch(place, visit):
    assert WORDS["nl"].keys() == WORDS["en"].keys()
    client = visit("reviewer-1")
    assert "Verzoeken" in client.get("/").content.decode()
    assert "Requests" in client.get("/?lang=en").content.decode()
    assert "Requests" in client.get("/").content.decode()
    assert "Requests" in client.get("/?lang=xx").content.decode()


def test_accounts_are_for_people_of_the_site_with_long_passwords(place):
    from enclave.errors import UsageError

    root, _, _ = place
    with open_custody(Site(root), system_clock, Silent()) as custody:
        for name, password in (("nobody", PASSWORD), ("reviewer-1", "short")):
            with pytest.raises(UsageError) as caught:
                server.set_password(custody, name, password)
            assert password not in str(caught.value)


def test_votes_are_blind_until_the_own_one_is_in(place, visit):
    _, request_id, digest = place
    form = {"decision": "approve", "package": digest, "comment": "looks right"}
    assert visit("reviewer-1").post(f"/request/{request_id}/decide", form).status_code == 302
    page = visit("reviewer-2").get(f"/request/{request_id}").content.decode()
    assert "looks right" not in page
    assert visit("reviewer-2").post(f"/request/{request_id}/decide", form).status_code == 302
    page = visit("reviewer-2").get(f"/request/{request_id}").content.decode()
    assert page.count("looks right") == 2
    assert "Vrijgeven" in page
