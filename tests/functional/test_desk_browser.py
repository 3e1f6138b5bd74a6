"""The review desk as a reviewer uses it: a real server, Debian's Chromium, clicks and words."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from desk_site import PASSWORD, make_desk_site
from driver import ENCLAVE, clean_environment

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None and os.environ.get("CI"):
        pytest.fail("CHROMIUM IS MISSING: CI must install Debian's chromium")
    if CHROMIUM is None:
        pytest.skip("THE DESK'S PAGES ARE NOT TESTED: Debian's chromium is not installed")
    return CHROMIUM


@pytest.fixture
def desk(tmp_path):
    """A served desk: its address, its site and the request's id."""
    site = tmp_path / "site"
    request_id = make_desk_site(site)
    for name in ("reviewer-1", "reviewer-2", "member-1"):
        subprocess.run(
            [ENCLAVE, "desk", "user", name, "--site", site], input=PASSWORD + "\n", text=True, check=True,
            env=clean_environment(), capture_output=True,
        )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = (tmp_path / "desk.log").open("w")
    server = subprocess.Popen(
        [ENCLAVE, "desk", "serve", "--site", site, "--port", str(port)],
        env=clean_environment(), stdout=log, stderr=log,
    )  # fmt: skip
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}", site, request_id
    server.terminate()
    server.wait()
    log.close()


def log_in(page, address, name):
    page.goto(f"{address}/login")
    page.get_by_label("Naam").fill(name)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()


def approve(page):
    page.get_by_role("radio", name="Goedkeuren").check()
    page.get_by_role("button", name="Besluit vastleggen").click()


def test_two_reviewers_read_decide_and_hand_over_in_the_browser(chromium, desk):
    from playwright.sync_api import sync_playwright

    address, site, request_id = desk
    said = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        first = browser.new_context().new_page()
        first.on("console", lambda message: said.append(message.text))
        first.on("dialog", lambda dialog: pytest.fail("a script ran"))
        log_in(first, address, "reviewer-1")
        first.get_by_role("link", name="Regions").click()
        assert "in beoordeling" in first.locator(".state").inner_text()
        hidden = first.locator("td.v")
        assert hidden.count() == 4
        assert hidden.first.inner_text().startswith(".")
        assert "<script>" in first.locator("h1").inner_text()
        picture = os.environ.get("ENCLAVE_SCREENSHOT")
        if picture:
            first.screenshot(path=picture, full_page=True)
        approve(first)
        assert "deels beoordeeld" in first.locator(".state").inner_text()
        second = browser.new_context().new_page()
        second.on("console", lambda message: said.append(message.text))
        log_in(second, address, "reviewer-2")
        second.goto(f"{address}/request/{request_id}")
        assert "na uw eigen besluit" in second.content()
        assert "reviewer-1" not in second.locator("main").inner_text()
        approve(second)
        second.get_by_role("button", name="Vrijgeven").click()
        assert "vrijgegeven" in second.locator(".state").inner_text()
        member = browser.new_context().new_page()
        log_in(member, address, "member-1")
        answer = member.goto(f"{address}/request/{request_id}")
        assert answer.status == 403
        browser.close()
    assert said == []
    assert (Path(site) / "released" / request_id / "count-1.csv").is_file()
