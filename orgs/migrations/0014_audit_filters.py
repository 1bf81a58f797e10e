"""Rare events, and those about one key, are found as fast as the latest."""

from django.db import migrations, models

from orgs.models.events import KeyMark


class Migration(migrations.Migration):
    dependencies = [("orgs", "0013_count_told_events")]

    operations = [
        migrations.AddIndex(
            "auditevent",
            models.Index(
                fields=["organization", "action", "sequence"], name="audit_by_action"
            ),
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                models.F("organization"),
                KeyMark("subject"),
                models.F("sequence"),
                name="audit_by_key",
            ),
        ),
    ]
