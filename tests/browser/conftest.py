"""A real Chromium against a live server; every test here is marked ``browser``."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from orgs.models import Organization, User
from tests import parts
from tests.browser.accessibility import SIZES
from tests.conftest import PASSWORD

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and skip it where there is no browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("browser")
            if not parts.browser():
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    return browser_type_launch_args | {
        "executable_path": parts.browser(),
        "args": ARGUMENTS,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    # Without reduced motion a dialog is photographed and clicked half-transparent.
    return browser_context_args | {
        "reduced_motion": "reduce",
        "viewport": {"width": 1440, "height": 900},
    }


@pytest.fixture(params=SIZES)
def screen(request: pytest.FixtureRequest, page: Page) -> Page:
    """A wide and a narrow window, where nobody is signed in."""
    width, height = SIZES[request.param]
    page.set_viewport_size({"width": width, "height": height})
    return page


@pytest.fixture
def ada_screen(screen: Page, ada, acme, sign_in) -> Page:
    """Ada on her keys page, on a wide and a narrow screen."""
    sign_in(screen, ada)
    return screen


@pytest.fixture
def console(page: Page) -> list[str]:
    """Collect what the page complains about: errors, and blocked by the CSP."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


@pytest.fixture
def keys_url(live_server, acme: Organization) -> str:
    return live_server.url + reverse("secretkeys:list", args=[acme.pk])


@pytest.fixture
def sign_in(live_server, client_for) -> Callable[[Page, User], None]:
    """Return a function that gives a browser the session of somebody signed in."""

    def open_pages(page: Page, user: User) -> None:
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client_for(user).cookies[name].value}
        page.context.add_cookies([cookie | {"url": live_server.url, "httpOnly": True}])
        page.goto(live_server.url)
        page.wait_for_url("**/settings/secret-keys")

    return open_pages


@pytest.fixture
def fill_in_sign_in(live_server) -> Callable[[Page, User], None]:
    """Return a function that signs somebody in as they would themselves."""

    def fill_in(page: Page, user: User) -> None:
        page.goto(live_server.url + reverse("account_login"))
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/settings/secret-keys")

    return fill_in


@pytest.fixture
def ada_page(page: Page, ada: User, acme: Organization, sign_in) -> Page:
    """Ada, the Owner of acme, on her keys page."""
    sign_in(page, ada)
    return page


@pytest.fixture
def new_context(browser: Browser, browser_context_args: dict):
    """Return a function that opens another browser profile; closed at the end."""
    contexts: list[BrowserContext] = []

    def open_context(**overrides: object) -> BrowserContext:
        contexts.append(browser.new_context(**(browser_context_args | overrides)))
        return contexts[-1]

    yield open_context
    for context in contexts:
        context.close()
