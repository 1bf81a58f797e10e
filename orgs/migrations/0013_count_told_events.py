"""Up to which event each member was told, where so far a time was kept."""

from django.db import migrations
from django.db.models import Max


def count(apps, schema_editor):
    events = apps.get_model("orgs", "AuditEvent").objects
    members = apps.get_model("orgs", "Membership").objects
    for member in list(members.all()):
        told = events.filter(
            organization=member.organization_id, at__lte=member.key_mails_until
        )
        last = told.aggregate(last=Max("sequence"))["last"] or 0
        members.filter(pk=member.pk).update(key_mails_told=last)


class Migration(migrations.Migration):
    dependencies = [("orgs", "0012_key_mails_told")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop, elidable=True)]
