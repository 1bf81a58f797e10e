"""Pages that ask for themselves anew name only parts that they have, whoever looks."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from orgs.models import Organization
from tests.secretkeys.usage_rows import count_requests, seen_client

# Who looks at which page; the last may not see how keys are used.
SHOWN = {
    "ada": ["overview", "list", "usage", "detail"],
    "mel": ["overview", "list", "usage", "detail"],
    "mel without usage": ["overview", "list"],
}


@pytest.mark.parametrize(
    ("who", "name"), [(who, name) for who, names in SHOWN.items() for name in names]
)
@pytest.mark.parametrize("requests", [0, 3])
def test_every_part_is_in_the_page_and_in_the_answer(
    acme, ada, mel, client_for, make_key, name: str, who: str, requests: int
) -> None:
    key, _ = make_key()
    if requests:
        count_requests(key, timezone.now(), requests)
        seen_client(key, timezone.now())
    sees_usage = who != "mel without usage"
    Organization.objects.filter(pk=acme.pk).update(members_see_usage=sees_usage)
    client = client_for(ada if who == "ada" else mel)
    ids = [acme.pk, key.pk] if name == "detail" else [acme.pk]
    url = reverse(f"secretkeys:{name}", args=ids)
    page = client.get(url).content.decode()
    poll = re.search(r'data-poll hx-get="([^"]*)".*hx-select-oob="([^"]*)"', page)
    asked = poll[1] if poll[1].startswith("/") else url + poll[1]
    headers = {"HX-Request": "true", "X-Poll": "1"}
    answer = client.get(asked.replace("&amp;", "&"), headers=headers).content.decode()
    for part in poll[2].split(","):
        for body in (page, answer):
            assert body.count(f'id="{part.removeprefix("#")}"') == 1, part
