"""A whole key that is pasted into a search reaches no address and no page."""

import pytest
from django.urls import reverse

PAGES = (
    "secretkeys:list",
    "secretkeys:usage",
    "secretkeys:usage_export",
    "orgs:members",
    "orgs:audit_log",
)
KINDS = {
    "page": {},
    "filters": {"HX-Request": "true", "HX-Trigger": "key-filters"},
    "poll": {"HX-Request": "true", "X-Poll": "1"},
}


def _sent(response) -> str:
    """Return all that a response holds: its status line's headers and its body."""
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{headers}\n{response.getvalue().decode()}"


@pytest.fixture
def key(make_key):
    """A key, its public part and the rest of it."""
    key, whole = make_key()
    return key, whole[:21], whole[21:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("text", ["{}", "env=“{}” ", "{0} {0}", "{}" + "a" * 200])
def test_whole_key_in_a_search_is_cut(text, name, kind, key, acme, ada, client_for):
    _, public, rest = key
    url, client = reverse(name, args=[acme.pk]), client_for(ada)
    for field in ("q", "key", "event", "period", "page"):
        query = {field: text.format(public + rest), "sort": "name"}
        response = client.get(url, query, headers=KINDS[kind])
        assert response.status_code == 302
        assert rest[:10] not in _sent(response)
        assert "sort=name" in response["Location"]
        answer = client.get(response["Location"], headers=KINDS[kind])
        assert answer.status_code == 200
        assert rest[:10] not in _sent(answer)


def test_what_is_left_of_a_whole_key_finds_it(key, acme, ada, client_for):
    found, public, rest = key
    url = reverse("secretkeys:list", args=[acme.pk])
    page = client_for(ada).get(url, {"q": public + rest}, follow=True)
    assert [each.pk for each in page.context["page"]] == [found.pk]
    assert page.request["QUERY_STRING"] == f"q={public}"


def test_page_of_one_key_repeats_no_other(key, acme, ada, client_for):
    found, public, rest = key
    url = reverse("secretkeys:detail", args=[acme.pk, found.key_id])
    page = client_for(ada).get(url, {"x": public + rest}, follow=True)
    assert rest[:10] not in _sent(page)


@pytest.mark.parametrize("name", ["secretkeys:list", "secretkeys:usage", *PAGES[3:]])
def test_pages_cut_what_is_pasted_before_it_is_sent(name, key, acme, ada, client_for):
    page = client_for(ada).get(reverse(name, args=[acme.pk])).content.decode()
    search = page.partition('name="q"')
    tag = search[0].rpartition("<")[2] + search[2].partition(">")[0]
    assert "data-cut" in tag
