"""Links to the pages of a long table."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link to one page of a table."""

    number: int
    url: str
    current: bool


def pagination(page: Page[Any], kept: dict[str, str]) -> dict[str, Any]:
    """Return what templates/ui/_pages.html names; a gap between numbers is None.

    Args:
        page: the page that is shown.
        kept: the rest of the query string, which every link repeats.
    """
    numbers = page.paginator.get_elided_page_range(
        page.number, on_each_side=1, on_ends=1
    )
    links = [
        PageLink(number, _url(number, kept), number == page.number)
        if isinstance(number, int)
        else None
        for number in numbers
    ]
    before = _url(page.number - 1, kept) if page.has_previous() else None
    after = _url(page.number + 1, kept) if page.has_next() else None
    return {"page_links": links, "previous_url": before, "next_url": after}


def _url(number: int, kept: dict[str, str]) -> str:
    return "?" + urlencode(kept | {"page": number})
