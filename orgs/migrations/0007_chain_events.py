"""Events of before there was a chain, linked in the order they were written.

What the digest covers is repeated here: it must stay as it was at this release.
"""

import datetime as dt
import hashlib
import json

from django.db import migrations


def _link(before, event):
    words = [
        before,
        str(event.organization_id),
        event.sequence,
        event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        event.action,
        event.actor,
        event.subject,
        event.changes,
        event.address,
        event.user_agent,
    ]
    text = json.dumps(words, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain(apps, schema_editor):
    events = apps.get_model("orgs", "AuditEvent").objects
    chains = apps.get_model("orgs", "AuditChain").objects
    for organization in apps.get_model("orgs", "Organization").objects.all():
        if chains.filter(organization=organization).exists():
            continue
        before, length, batch = "", 0, []
        rows = events.filter(organization=organization).order_by("at", "pk")
        for event in rows.iterator(chunk_size=2000):
            length += 1
            event.sequence = length
            event.digest = before = _link(before, event)
            batch.append(event)
            if len(batch) == 500:
                events.bulk_update(batch, ["sequence", "digest"])
                batch = []
        events.bulk_update(batch, ["sequence", "digest"])
        chains.create(organization=organization, length=length, head=before)


def unchain(apps, schema_editor):
    apps.get_model("orgs", "AuditEvent").objects.update(sequence=0, digest="")
    apps.get_model("orgs", "AuditChain").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("orgs", "0006_audit_chain")]

    operations = [migrations.RunPython(chain, unchain, elidable=True)]
