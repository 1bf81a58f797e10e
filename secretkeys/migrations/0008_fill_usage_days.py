"""What was counted by key and hour is counted by day and by organization, too."""

import datetime as dt

from django.db import migrations
from django.db.models import Sum
from django.db.models.functions import TruncDate

_KIND = ("resource", "access", "outcome")


def fill(apps, schema_editor):
    hours = apps.get_model("secretkeys", "KeyUsage").objects.annotate(
        day=TruncDate("hour", tzinfo=dt.UTC)
    )
    organization = "organization_id", "key__organization_id"
    for name, owner, column, begin, kind in (
        ("KeyUsageDay", "key_id", "key_id", "day", _KIND),
        ("KeyDayTotal", "key_id", "key_id", "day", ()),
        ("OrganizationUsage", *organization, "hour", _KIND),
        ("OrganizationUsageDay", *organization, "day", _KIND),
    ):
        fields = (column, begin, *kind)
        sums = hours.values(*fields).annotate(sum=Sum("count")).order_by()
        rows = sums.values_list(*fields, "sum").iterator(chunk_size=2000)
        _store(apps.get_model("secretkeys", name), (owner, begin, *kind, "count"), rows)


def _store(model, fields, rows):
    model.objects.all().delete()
    batch = []
    for row in rows:
        batch.append(model(**dict(zip(fields, row, strict=True))))
        if len(batch) == 2000:
            model.objects.bulk_create(batch)
            batch = []
    model.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("secretkeys", "0007_usage_by_day_and_client")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
