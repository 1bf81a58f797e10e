"""Choosing from the catalogue: filtered, with a script or without, however many."""

import re

import pytest
from django.urls import reverse

from orgs.models import CatalogueEntry
from secretkeys.grants import Grant, Permission
from secretkeys.models import SecretKey
from tests.secretkeys.browsing import HTMX, fields, text
from tests.secretkeys.conftest import fill, scopes, switch

pytestmark = pytest.mark.django_db

# What the form of a browser without scripts sends to filter.
REFINE = {
    "name": "vendor",
    "expiration": "custom",
    "expires_on": "2030-01-01",
    "permission": "restricted",
    "datasets_level": "read",
    "dataset_reach": "selected",
    "dataset_ids": ["ds5", "ds59"],
    "dataset_filter": "shelf 1",
    "training_reach": "none",
    "deployment_reach": "all",
    "refine": "dataset",
}


@pytest.fixture
def large(featured):
    """Acme with 60 datasets named by number beside the three of every test."""
    names = {f"ds{number}": f"Shelf {number:02}" for number in range(60)}
    fill(featured, dataset=names)
    return featured


@pytest.fixture
def pick(signed_in, acme):
    """Return a function that asks for the entries a filter leaves over."""

    def ask(category="dataset", query="", selected=(), organization=acme):
        url = reverse("secretkeys:catalogue", args=[organization.pk, category])
        form = {f"{category}_filter": query, f"{category}_ids": selected}
        return signed_in.post(url, form, headers=HTMX)

    return ask


def options(response):
    """Return the external ids in the order shown; a selected one with an x."""
    boxes = re.findall(r"<input[^>]*checkbox[^>]*>", response.content.decode())
    return [
        ("x " if " checked" in box else "") + re.search(r'value="([^"]*)"', box)[1]
        for box in boxes
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["cars", "pets", "roads"]),
        ("a", ["cars", "roads"]),
        ("  PETS ", ["pets"]),
        ("\uff50ets", ["pets"]),
        ("roads", ["roads"]),
        ("%", []),
        ("_", []),
        ("x" * 10_000, []),
    ],
)
def test_a_filter_looks_into_names_and_ids(pick, featured, query, found):
    assert options(pick(query=query)) == found


@pytest.mark.parametrize("category", ["dataset", "training", "deployment"])
def test_each_category_has_its_own_entries(pick, featured, category):
    ids = CatalogueEntry.objects.filter(category=category).values_list("external_id")
    assert options(pick(category)) == sorted(each for (each,) in ids)


def test_what_is_selected_comes_first_whatever_the_filter_says(pick, featured):
    assert options(pick(query="car", selected=["roads", "pets"])) == [
        *("x pets", "x roads", "cars")
    ]
    assert options(pick(query="zzz", selected=["roads"])) == ["x roads"]


def test_what_left_the_catalogue_stays_selected_and_is_named_by_its_id(pick, featured):
    response = pick(selected=["gone", "pets"])
    assert options(response) == ["x pets", "x gone", "cars", "roads"]
    assert "gone no longer in the catalogue" in text(response)


def test_a_long_catalogue_is_cut_and_says_so(pick, large):
    response = pick(selected=["ds59"])
    assert len(options(response)) == 51
    assert options(response)[0] == "x ds59"
    assert "12 more. Filter to find them." in text(response)
    assert options(pick(query="shelf 58")) == ["ds58"]


def test_exactly_as_many_as_are_shown_leave_none_hidden(pick, large):
    CatalogueEntry.objects.filter(external_id__in=["cars", "pets", "roads"]).delete()
    CatalogueEntry.objects.filter(external_id__startswith="ds1").delete()
    fill(large, dataset={"another": "Another"})
    response = pick()
    assert len(options(response)) == 50
    assert "more. Filter" not in text(response)


def test_nothing_found_is_said(pick, featured):
    assert "Nothing matches “zebra”." in text(pick(query="zebra"))


def test_an_empty_catalogue_says_whom_to_ask(acme, signed_in):
    switch(acme, access_scope=True, account_manager_email="manager@vi.test")
    page = signed_in.get(reverse("secretkeys:create", args=[acme.pk]), headers=HTMX)
    assert text(page).count("The catalogue of your organization has none yet.") == 3
    assert "mailto:manager@vi.test" in page.content.decode()


def test_markup_in_names_and_filters_is_text(pick, featured):
    fill(featured, dataset={"odd": "<script>alert(1)</script>"})
    for response in (pick(query="<script>"), pick(query='"><script>')):
        assert "<script>" not in response.content.decode()


@pytest.mark.parametrize("odd", ["\0", "a\0b", "\n", "\uffff", b"\xff"])
def test_odd_characters_in_a_filter_find_nothing_and_break_nothing(pick, featured, odd):
    assert pick(query=odd).status_code == 200
    assert pick(selected=[odd]).status_code == 200


def test_another_organization_s_entries_are_neither_found_nor_named(
    pick, featured, globex
):
    fill(globex, dataset={"theirs": "Their secret project", "pets": "Their pets"})
    assert options(pick(query="their")) == []
    response = pick(selected=["theirs", "pets"])
    assert "Their" not in response.content.decode()
    assert pick(organization=globex).status_code == 404


@pytest.mark.parametrize("category", ["assets", "Dataset", "dataset_", "models"])
def test_a_category_that_does_not_exist_is_not_found(signed_in, acme, category):
    url = reverse("secretkeys:list", args=[acme.pk]) + f"/catalogue/{category}"
    assert signed_in.post(url).status_code == 404


def test_filtering_without_a_script_keeps_what_was_typed(create, large):
    response = create(htmx=False, **REFINE)
    sent = fields(response, "create-form")
    assert response.status_code == 200
    assert options(response)[:3] == ["x ds5", "x ds59", "ds10"]
    for name in REFINE.keys() - {"refine", "dataset_ids"}:
        assert sent[name] == [REFINE[name]]
    assert not SecretKey.objects.exists()


@pytest.mark.parametrize("change", [{"name": ""}, {"expiration": ""}, {"nonce": ""}])
def test_filtering_an_incomplete_form_complains_of_nothing(create, large, change):
    response = create(htmx=False, **(REFINE | change))
    assert response.status_code == 200
    assert "field__error" not in response.content.decode()
    assert "form-errors" not in response.content.decode()


def test_filtering_asks_for_no_password(create, large, ada, client_for):
    client = client_for(ada, signed_in_at=1)
    response = create(htmx=False, client=client, **REFINE)
    assert 'type="password"' not in response.content.decode()


def test_what_was_filtered_can_then_be_saved(create, large):
    sent = fields(create(htmx=False, **REFINE), "create-form")
    sent.pop("csrfmiddlewaretoken", None)
    sent["dataset_ids"].append("ds17")
    assert create(htmx=False, **sent).status_code == 200
    key = SecretKey.objects.get()
    assert key.dataset_ids.split() == ["ds17", "ds5", "ds59"]
    assert key.grant.words == "Datasets: read"


def test_filtering_in_the_form_of_a_key_changes_nothing(edit, large, make_key):
    grant = Grant.preset(Permission.FULL, scopes(dataset={"pets"}))
    key, _ = make_key(grant=grant)
    response = edit(key, htmx=False, **REFINE)
    sent = fields(response, "edit-form")
    key.refresh_from_db()
    assert response.status_code == 200
    assert (sent["name"], sent["dataset_ids"]) == (["vendor"], ["ds5", "ds59"])
    assert (key.name, key.grant) == ("pipeline", grant)


def test_a_preview_of_a_filter_shows_nothing(signed_in, large, make_key):
    key, _ = make_key()
    url = reverse("secretkeys:preview", args=[large.pk, key.key_id])
    response = signed_in.post(url, REFINE | {"seen": "x"}, headers=HTMX)
    assert (response.status_code, response.content.strip()) == (200, b"")


def test_a_form_with_large_catalogues_costs_a_bounded_number_of_queries(
    signed_in, large, make_key, django_assert_max_num_queries
):
    fill(large, training={f"t{number}": "Run" for number in range(60)})
    fill(large, deployment={f"d{number}": "Device" for number in range(60)})
    three = scopes(dataset={"pets"}, training={"sorter"}, deployment={"edge"})
    key, _ = make_key(grant=Grant.preset(Permission.FULL, three))
    url = reverse("secretkeys:edit", args=[large.pk, key.key_id])
    signed_in.get(url)
    # What any page of a key costs; per category the selected, the shown, the hidden.
    with django_assert_max_num_queries(5 + 3 * 3):
        signed_in.get(url)
