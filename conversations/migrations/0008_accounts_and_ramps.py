"""One enabled link an account of an operator, and when a link's ramp-up began.

Two links of one account would each spend its whole rate, and get each other's texts and receipts. Of such as there are,
the oldest stays enabled; the others are switched off, as the links page shows.
"""

from django.db import migrations, models

FORWARD = """
update conversations_link link set is_enabled = false
where is_enabled and adapter = 'sms.smpp' and exists (
    select from conversations_link older
    where older.id < link.id and older.is_enabled and older.adapter = 'sms.smpp'
      and lower(older.settings->>'host') = lower(link.settings->>'host')
      and older.settings->>'port' = link.settings->>'port'
      and older.settings->>'system_id' = link.settings->>'system_id');
create unique index link_account_once
    on conversations_link (lower(settings->>'host'), (settings->>'port'), (settings->>'system_id'))
    where is_enabled and adapter = 'sms.smpp';
"""
BACKWARD = """
drop index link_account_once;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_text_and_parts")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddField("linkstate", "ramp_began_at", models.DateTimeField(null=True)),
    ]
