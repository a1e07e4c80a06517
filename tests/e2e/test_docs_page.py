"""The page at /docs, as a person in a browser uses it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from customerhub.deployment import HTTP_ROUTES
from infra.local.hub import Hub

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
)
"""Nothing that a browser does by itself: only what the page asks for."""
TIMEOUT_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"none of {', '.join(BROWSERS)} is installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """The page at /docs, with everything that it asked for and complained of."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type != "log" else None)
        page.goto(f"{base_url}/docs")


@pytest.fixture
def visit(browser: Browser, stack: Hub) -> Iterator[Visit]:
    with browser.new_context(viewport={"width": 1280, "height": 1600}) as context:
        yield Visit(context.new_page(), stack.base_url)


def test_the_page_shows_every_operation(visit: Visit, stack: Hub) -> None:
    """And asks nobody but the hub: its script and style come with it."""
    shown = visit.page.locator(".opblock-summary-path")
    documented = [route.path for route in HTTP_ROUTES if route.authorized]
    expect(shown).to_have_count(len(documented))
    # Swagger UI lets long paths break by spaces of no width.
    assert sorted(path.replace("\u200b", "") for path in shown.all_inner_texts()) == sorted(documented)
    assert [url for url in visit.requests if not url.startswith((f"{stack.base_url}/", "data:"))] == []
    assert visit.complaints == []


def test_a_call_can_be_tried_with_the_demo_key(visit: Visit, stack: Hub) -> None:
    page = visit.page
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_label("auth-bearer-value").first.fill(stack.tenants[0].service_key)
    dialog.get_by_role("button", name="Apply credentials").first.click()
    dialog.get_by_role("button", name="Close").last.click()

    page.locator(".opblock-post").get_by_role("button").first.click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer.locator(".highlight-code")).to_contain_text('"isNewAccount"')
    assert visit.complaints == []
