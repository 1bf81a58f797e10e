"""An audit log of a million events: to read, to filter, to take away."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

from django.http import QueryDict
from django.utils import timezone

from orgs import exports
from orgs.actions import create_organization
from orgs.audit import COMMAND_LINE
from orgs.audit_log import audit_page, exported
from orgs.models import Organization, User
from tests.benchmarks.results import Result
from tests.orgs.long_log import lengthen

MANY = 1_000_000
# The first page, a rare event, one key, words that no event has, the oldest days.
QUERIES = ("", "event=member.left", "key=dtvi_000003", "q=nowhere", "until=2020-01-01")
# Milliseconds; and MiB that sending its file may take.
SLOWEST, MOST_MEMORY = 3000, 32


def audit_log() -> Iterator[Result]:
    """Measure the slowest of some pages, and what sending the whole log needs."""
    owner = User.objects.create_user("audit@log.test")
    organization = create_organization(
        "Long log", owner=owner, actor=COMMAND_LINE, at=timezone.now()
    )
    lengthen(organization, MANY)
    took = {query: _milliseconds(organization, query) for query in QUERIES}
    slowest = max(took, key=lambda query: took[query])
    name = "page of an audit log of a million events"
    yield Result(name, took[slowest], SLOWEST, "ms", slowest or "all events")
    # Linux forgets by this how much the process ever had.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = _memory("VmRSS"), time.monotonic()
    size = _send(organization)
    detail = f"{size >> 20} MiB in {time.monotonic() - started:.0f} s"
    grown = (_memory("VmHWM") - before) / 1024
    yield Result("memory for its file", grown, MOST_MEMORY, "MiB", detail)


def _milliseconds(organization: Organization, query: str) -> float:
    started = time.monotonic()
    audit_page(organization, QueryDict(query))
    return (time.monotonic() - started) * 1000


def _memory(name: str) -> int:
    """Return what the process has, or had at most, in KiB."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def _send(organization: Organization) -> int:
    """Send the whole log as a file, and return its bytes."""
    file = exports.json_file("audit-log.json", exported(organization, QueryDict()))
    return sum(len(piece) for piece in file)
