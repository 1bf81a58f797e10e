"""What is wrong with a page for people who see, move or read it otherwise."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}


def violations(page: Page) -> list[str]:
    """Return what axe finds, each with the beginning of the element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        for node in each["nodes"]
    ]


def is_sideways(page: Page) -> bool:
    """Say whether a page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
