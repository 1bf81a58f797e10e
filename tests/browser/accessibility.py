"""What is wrong with a page for people who see, move or read it otherwise."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
# What axe judges by colours; nothing else differs between light and dark.
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page: Page) -> list[str]:
    """Return what axe finds in light and in dark, each with the element's beginning."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = _run(page, {})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {each}" for each in _run(page, {"runOnly": COLOURS})]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


def is_sideways(page: Page) -> bool:
    """Say whether a page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def _run(page: Page, options: dict) -> list[str]:
    return page.evaluate(
        """async (options) => (await axe.run(options)).violations.flatMap((each) =>
             each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 120)}`))""",
        options | {"resultTypes": ["violations"]},
    )
