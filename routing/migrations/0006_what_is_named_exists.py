"""Conversations name a disposition by plain id, because routing lies above them; the database still checks it. Each
organisation that is there gets the usual list of states."""

from django.db import migrations

from common.ids import uuid7

FORWARD = """
alter table conversations_conversation add constraint conversation_disposition_exists
    foreign key (disposition_id) references routing_disposition (id) on delete restrict deferrable initially deferred;
"""
BACKWARD = "alter table conversations_conversation drop constraint conversation_disposition_exists"

# As routing/reasons.py had them when this was written.
USUAL = (
    ("Disponible", "available", "ready"),
    ("Occupé", "busy", "work"),
    ("Pause", "break", "pause"),
    ("Repas", "break", "pause"),
    ("Formation", "training", "work"),
    ("Réunion", "busy", "work"),
    ("Absent", "away", "absent"),
    ("Hors ligne", "offline", "absent"),
)


def usual_reasons(apps, _editor):
    organisations, reasons = apps.get_model("accounts", "Organisation"), apps.get_model("routing", "Reason")
    reasons.objects.bulk_create(
        reasons(id=uuid7(), organisation_id=id_, name=name, state=state, counts_as=counts_as, position=position)
        for id_ in organisations.objects.values_list("id", flat=True)
        for position, (name, state, counts_as) in enumerate(USUAL)
    )


class Migration(migrations.Migration):
    dependencies = [("routing", "0005_skills_offers_presence"), ("conversations", "0015_weight_and_disposition")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunPython(usual_reasons, migrations.RunPython.noop),
    ]
