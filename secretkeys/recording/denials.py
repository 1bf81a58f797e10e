"""Refused requests, kept under the reference that the program got."""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from django.utils import timezone

from secretkeys import policy
from secretkeys.keyformat import redact
from secretkeys.models import DENIAL_LIFETIME, Denial
from secretkeys.recording.rows import Denied, clean_address, clean_object_id, printable

# References that can be looked up, per key: the newest.
MOST_DENIALS = 100
# How often escaped a key in a path is still recognized.
_MOST_ENCODINGS = 4


def write_denials(denials: Mapping[str, Iterable[Denied]]) -> None:
    """Add refusals, and drop those that are too old or too many."""
    if not denials:
        return
    Denial.objects.bulk_create(
        (_denial(key_id, each) for key_id, those in denials.items() for each in those),
        ignore_conflicts=True,
    )
    for key_id in denials:
        newest_first = Denial.objects.filter(key_id=key_id).order_by("-at")
        surplus = newest_first.values_list("pk", flat=True)[MOST_DENIALS:]
        Denial.objects.filter(pk__in=list(surplus)).delete()
    Denial.objects.filter(at__lte=timezone.now() - DENIAL_LIFETIME).delete()


def _denial(key_id: str, denied: Denied) -> Denial:
    request = denied.request or _asked(denied)
    path = request.route if request else printable(_redacted(denied.raw_path))
    return Denial(
        reference=denied.reference,
        key_id=key_id,
        at=denied.at,
        outcome=denied.outcome.value,
        sentence=denied.sentence[:400],
        method=printable(denied.method)[:20],
        path=path[:200],
        resource=request.resource.value if request else "",
        access=request.access.value if request else 0,
        object_id=clean_object_id(redact(request.object_id or "")) if request else "",
        address=clean_address(denied.address),
    )


def _asked(denied: Denied) -> policy.Request | None:
    """Read what a key asked for that was refused before anybody looked."""
    try:
        return policy.resolve(denied.method, denied.raw_path)
    except (policy.NotCanonical, policy.UnknownRoute):
        return None


def _redacted(path: str) -> str:
    """Cut down a key in a path, also where escapes keep it from being recognized."""
    decoded = path
    for _ in range(_MOST_ENCODINGS):
        decoded = unquote(decoded)
    cut = redact(decoded)
    return path if cut == decoded else cut
