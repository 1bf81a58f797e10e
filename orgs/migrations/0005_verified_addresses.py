"""Addresses of accounts made before there were invitations: the operator vouched."""

from django.db import migrations


def vouch(apps, schema_editor):
    user = apps.get_model("orgs", "User")
    address = apps.get_model("account", "EmailAddress")
    known = address.objects.values("user_id")
    missing = user.objects.exclude(pk__in=known).values_list("pk", "email")
    address.objects.bulk_create(
        (
            address(user_id=pk, email=email.lower(), verified=True, primary=True)
            for pk, email in missing.iterator()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0004_people"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(vouch, migrations.RunPython.noop, elidable=True)]
