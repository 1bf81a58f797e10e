from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0007_chain_events")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="key_mails_claimed_at",
            field=models.DateTimeField(blank=True, null=True),
        )
    ]
