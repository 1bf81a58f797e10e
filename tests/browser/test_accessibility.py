"""axe finds nothing on any page or dialog, light and dark, wide and narrow."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.accessibility import is_sideways, violations
from tests.secretkeys.usage_rows import count_requests, seen_client


def test_sign_in_page(page: Page, live_server) -> None:
    page.goto(f"{live_server.url}/account/login/")
    assert violations(page) == []


def test_pages(ada_screen: Page, make_key, keys_url: str) -> None:
    assert violations(ada_screen) == []
    key, _ = make_key("alpha", last_used_at=timezone.now())
    count_requests(key, timezone.now())
    seen_client(key, timezone.now(), user_agent="x" * 200)
    paths = ("", "?q=nothing", f"?key={key.key_id}", "/identify", "/new")
    for path in (*paths, f"/{key.key_id}", f"/{key.key_id}/remove"):
        ada_screen.goto(keys_url + path)
        assert violations(ada_screen) == [], path
        assert not is_sideways(ada_screen), path


@pytest.mark.parametrize("name", ["Edit Permission", "Rotate…", "Remove Key…"])
def test_dialogs_of_a_row(ada_screen: Page, make_key, name: str) -> None:
    make_key("alpha", last_used_at=timezone.now())
    ada_screen.reload()
    ada_screen.get_by_role("button", name="Actions for alpha").click()
    assert violations(ada_screen) == []
    ada_screen.get_by_role("menuitem", name=name).click()
    expect(ada_screen.locator("dialog[open]")).to_be_visible()
    # Nothing is squeezed to make the dialog fit a small ada_screen.
    facts = ada_screen.locator("dialog[open] dl").first.bounding_box()
    assert facts is not None
    assert facts["height"] > 40
    assert violations(ada_screen) == []


def test_generate_its_errors_and_the_reveal(ada_screen: Page) -> None:
    ada_screen.get_by_role("link", name="Create New Secret Key").click()
    expect(ada_screen.locator("dialog[open]")).to_be_visible()
    assert violations(ada_screen) == []
    ada_screen.get_by_role("button", name="Generate Key").click()
    expect(ada_screen.get_by_text("Enter a name.")).to_be_visible()
    assert violations(ada_screen) == []
    ada_screen.get_by_label("Name", exact=True).fill("camera")
    ada_screen.get_by_role("button", name="Generate Key").click()
    expect(
        ada_screen.get_by_role("dialog", name="Secret key generated")
    ).to_be_visible()
    assert violations(ada_screen) == []
    ada_screen.get_by_role("link", name="Close").click()
    expect(ada_screen.get_by_role("button", name="Close anyway")).to_be_visible()
    assert violations(ada_screen) == []


@pytest.mark.parametrize(
    "width", [320, 360, 600, 768, 880, 881, 1180, 1181, 1320, 1920]
)
def test_no_width_scrolls_sideways(ada_page: Page, make_key, width: int) -> None:
    make_key("w" * 64)
    make_key("a key with a name of many words that goes on for a while")
    ada_page.set_viewport_size({"width": width, "height": 800})
    ada_page.reload()
    assert not is_sideways(ada_page)
