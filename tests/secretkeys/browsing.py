"""What a browser without scripts makes of a page: the fields it would send."""

import re
from html.parser import HTMLParser

from django.http import HttpResponse

HTMX = {"HX-Request": "true"}
_WORDS = ("text", "hidden", "search", "date", "password")


class _Form(HTMLParser):
    """Collects the successful controls of the form that has an id."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.is_inside = False
        self.fields: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = found.get("id") == self.form_id
        elif self.is_inside and tag == "input" and "disabled" not in found:
            kind = found.get("type", "text")
            if kind in _WORDS or "checked" in found:
                self._add(found.get("name", ""), found.get("value", ""))
        elif self.is_inside and tag == "select":
            self._select = found.get("name", "")
        elif self.is_inside and tag == "option" and "selected" in found:
            self._add(self._select, found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def fields(response: HttpResponse, form_id: str) -> dict[str, list[str]]:
    """Return what a form in a page would send, every value of every name."""
    form = _Form(form_id)
    form.feed(response.content.decode())
    assert form.fields, response.content
    return form.fields


def text(response: HttpResponse) -> str:
    """Return what people read of a page, without its markup."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r" (?=[,.:)])", "", " ".join(words.split()))
