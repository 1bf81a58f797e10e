"""Measure the promises about speed: ``make bench``.

Speed is a ratio of two things taken in turn within this run, so that a slower machine
does not change it; what is measured in milliseconds, bytes or minutes says so. The database is a throw-away one beside DATABASE_URL.
"""

import os
import sys

import django
from django.test.utils import setup_databases, teardown_databases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# As in production: nothing may look fast because hashing is cheap.
os.environ["KEY_ARGON2_MEMORY_KIB"] = str(19 * 1024)
os.environ["KEY_ARGON2_TIME_COST"] = "2"
django.setup()


def main() -> int:
    """Run every benchmark, print a line each, and fail when a target is missed."""
    from tests.benchmarks import audit_log, doors, measurements, usage

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        results = [measure() for measure in measurements.ALL]
        results += [usage.counting(), *usage.pages(), *doors.doors()]
        results += audit_log.audit_log()
    finally:
        teardown_databases(databases, verbosity=0)
    for result in results:
        print(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
