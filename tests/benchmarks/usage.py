"""The promises about usage: recording costs little, and pages do not grow with it."""

import datetime as dt
import uuid
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgs.models import Organization, User
from secretkeys import authentication, policy, recording
from secretkeys.grants import Permission
from secretkeys.models import SecretKey
from secretkeys.outcomes import Outcome
from tests.benchmarks.making import in_turn, new_key, new_organization, request_with
from tests.benchmarks.results import Result

_DAYS = 90
_FEW, _MANY = 10, 1000
_MOST_QUERIES = 12
# Requests that are written together, as one process has them in some seconds.
_BATCH = 5000
_PAGES = {
    "usage, 24 hours": "settings/usage?period=24h",
    "usage, 7 days": "settings/usage?period=7d",
    "usage, 30 days": "settings/usage?period=30d",
    "usage, 90 days": "settings/usage?period=90d",
    "usage, filtered": "settings/usage?period=90d&resource=assets&outcome=allowed",
    "overview": "overview",
}


def counting() -> Result:
    """What counting a request adds to a verification that the process knows."""
    acme, owner = new_organization("Recording")
    request = request_with(new_key(acme, owner), acme)
    resolved = policy.resolve(request.method, request.raw_path)
    now = timezone.now()
    known = authentication.authenticate(request, at=now)

    def verify() -> None:
        for _ in range(_BATCH):
            authentication.authenticate(request, at=now)

    def record() -> None:
        for _ in range(_BATCH):
            recording.record(
                known.key_id,
                Outcome.ALLOWED,
                request=resolved,
                client=request.client,
                last_used_at=now,
                at=now,
            )

    def record_and_write() -> None:
        record()
        recording.flush()

    recording.flush()
    verified, counted = (each / _BATCH for each in in_turn(verify, record, times=2))
    recording.forget_waiting()
    _, written = in_turn(verify, record_and_write, times=2)
    behind = written / _BATCH - counted
    return Result(
        "Recording adds to a verification",
        100 * counted / (verified - counted),
        5,
        "%",
        f"{counted * 1e6:.2f} of {verified * 1e6:.1f} µs; writing it, by another "
        f"thread, takes {behind * 1e6:.2f} µs",
    )


def pages() -> list[Result]:
    """Each page with 1 000 keys against 10, and how many queries it takes."""
    _make_hours()
    few, many = _used(_FEW), _used(_MANY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [_page(name, path, few, many) for name, path in _PAGES.items()]


def _page(name: str, path: str, few: "_Visitor", many: "_Visitor") -> Result:
    short, long = in_turn(few.opens(path), many.opens(path), times=1)
    queries = max(each.queries(path) for each in (few, many))
    ratio = long / short
    return Result(
        f"The page of {_MANY} keys and {_DAYS} days ({name}) costs, in pages of {_FEW}",
        ratio if queries <= _MOST_QUERIES else float("inf"),
        3,
        "times",
        f"{long * 1e3:.1f} against {short * 1e3:.1f} ms, {queries} queries",
    )


class _Visitor:
    """An Owner who looks at pages of one organization."""

    def __init__(self, organization: Organization, owner: User) -> None:
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(owner)
        self.root = f"/org/{organization.pk}/"

    def opens(self, path: str) -> Callable[[], None]:
        def open_page() -> None:
            response = self.client.get(self.root + path)
            assert response.status_code == 200, (path, response.status_code)

        return open_page

    def queries(self, path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            self.opens(path)()
        return len(captured)


def _make_hours() -> None:
    """Make a table of the hours that are filled."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    to_hour = connection.ops.adapt_datetimefield_value
    to_day = connection.ops.adapt_datefield_value
    hours = [now - dt.timedelta(hours=back) for back in range(_DAYS * 24)]
    column = "timestamptz" if connection.vendor == "postgresql" else "text"
    day = "date" if connection.vendor == "postgresql" else "text"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE hours (number int, hour {column}, day {day})"
        )
        cursor.executemany(
            "INSERT INTO hours VALUES (%s, %s, %s)",
            [(n, to_hour(hour), to_day(hour.date())) for n, hour in enumerate(hours)],
        )


def _used(count: int) -> _Visitor:
    """Make an organization of so many keys that are used in every hour."""
    acme, owner = new_organization(f"{count} keys in use")
    now = timezone.now()
    SecretKey.objects.bulk_create(
        SecretKey(
            key_id=uuid.uuid4().hex[:16],
            organization=acme,
            name=f"key {number:04}",
            name_folded=f"key {number:04}",
            digest="none",
            permission=Permission.FULL.value,
            created_by=owner,
            created_at=now - dt.timedelta(days=200),
            creation_nonce=uuid.uuid4(),
            last_used_at=now - dt.timedelta(minutes=number),
        )
        for number in range(count)
    )
    _fill(acme)
    return _Visitor(acme, owner)


def _fill(acme: Organization) -> None:
    """Count an hourly row of every key: reads, writes, refusals."""
    pk = Organization._meta.pk.get_db_prep_value(acme.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO secretkeys_keyusage"
            " (key_id, hour, resource, access, outcome, count)"
            " SELECT key_id, hour,"
            " CASE number %% 2 WHEN 0 THEN 'assets' ELSE 'annotations' END,"
            " 1 + number %% 2,"
            " CASE number %% 10 WHEN 9 THEN 'permission_denied' ELSE 'allowed' END,"
            " 1 + number %% 50 FROM secretkeys_secretkey CROSS JOIN hours"
            " WHERE organization_id = %s",
            [pk],
        )
        of_organization = (
            " FROM secretkeys_keyusage JOIN hours USING (hour)"
            " JOIN secretkeys_secretkey USING (key_id) WHERE organization_id = %s"
        )
        kinds = ", resource, access, outcome"
        for table, owner, begin in (
            ("keyusageday", "key_id", "day"),
            ("keydaytotal", "key_id", "day"),
            ("organizationusage", "organization_id", "hour"),
            ("organizationusageday", "organization_id", "day"),
        ):
            fields = f"{owner}, {begin}" + ("" if table == "keydaytotal" else kinds)
            cursor.execute(
                f"INSERT INTO secretkeys_{table} ({fields}, count)"
                f" SELECT {fields}, SUM(count){of_organization} GROUP BY {fields}",
                [pk],
            )
