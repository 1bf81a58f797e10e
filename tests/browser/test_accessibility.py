"""axe finds nothing on any page or dialog, light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, page: Page) -> Page:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return page


@pytest.fixture(params=SIZES)
def screen(request: pytest.FixtureRequest, themed: Page, ada, acme, sign_in) -> Page:
    width, height = SIZES[request.param]
    themed.set_viewport_size({"width": width, "height": height})
    sign_in(themed, ada)
    return themed


def _sideways(page: Page) -> bool:
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def test_sign_in_page(themed: Page, live_server) -> None:
    themed.goto(f"{live_server.url}/account/login/")
    assert _violations(themed) == []


def test_pages(screen: Page, make_key) -> None:
    assert _violations(screen) == []
    key, _ = make_key("alpha", last_used_at=timezone.now())
    for path in ("", "?q=nothing", f"/{key.key_id}", "/new", f"/{key.key_id}/remove"):
        screen.goto(
            screen.url.split("?")[0].split("/secret-keys")[0] + "/secret-keys" + path
        )
        assert _violations(screen) == [], path
        assert not _sideways(screen), path


@pytest.mark.parametrize("name", ["Edit Permission", "Rotate…", "Remove Key…"])
def test_dialogs_of_a_row(screen: Page, make_key, name: str) -> None:
    make_key("alpha", last_used_at=timezone.now())
    screen.reload()
    screen.get_by_role("button", name="Actions for alpha").click()
    assert _violations(screen) == []
    screen.get_by_role("menuitem", name=name).click()
    expect(screen.locator("dialog[open]")).to_be_visible()
    # Nothing is squeezed to make the dialog fit a small screen.
    facts = screen.locator("dialog[open] dl").first.bounding_box()
    assert facts is not None
    assert facts["height"] > 40
    assert _violations(screen) == []


def test_generate_its_errors_and_the_reveal(screen: Page) -> None:
    screen.get_by_role("link", name="Create New Secret Key").click()
    expect(screen.locator("dialog[open]")).to_be_visible()
    assert _violations(screen) == []
    screen.get_by_role("button", name="Generate Key").click()
    expect(screen.get_by_text("Enter a name.")).to_be_visible()
    assert _violations(screen) == []
    screen.get_by_label("Name", exact=True).fill("camera")
    screen.get_by_role("button", name="Generate Key").click()
    expect(screen.get_by_role("dialog", name="Secret key generated")).to_be_visible()
    assert _violations(screen) == []
    screen.get_by_role("link", name="Close").click()
    expect(screen.get_by_role("button", name="Close anyway")).to_be_visible()
    assert _violations(screen) == []


@pytest.mark.parametrize(
    "width", [320, 360, 600, 768, 880, 881, 1180, 1181, 1320, 1920]
)
def test_no_width_scrolls_sideways(ada_page: Page, make_key, width: int) -> None:
    make_key("w" * 64)
    make_key("a key with a name of many words that goes on for a while")
    ada_page.set_viewport_size({"width": width, "height": 800})
    ada_page.reload()
    assert not _sideways(ada_page)
