"""Which link a text leaves by, and when it may leave by another; what operators' codes mean; tests of links.

Columns with a default of the database, or none: the partitioned table is not rewritten.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

import common.ids

# Asked only where a statement names the column: the claim and the results, which every text goes through, do not.
# A query in here sees what was committed until now, not until the statement began: no claim can slip in between.
FORWARD = """
create function delivery_stays() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
    if new.link_id is distinct from old.link_id and (old.state <> 0 or exists (
        select from conversations_attempt a where a.message_id = old.message_id and not a.withdrawn))
    then
        raise exception 'delivery % may have been written: it stays with its link', old.message_id
            using errcode = 'check_violation', constraint = 'delivery_stays';
    end if;
    return new;
end $$;
create trigger delivery_stays before update of link_id on conversations_delivery
    for each row execute function delivery_stays();
"""
BACKWARD = """
drop trigger delivery_stays on conversations_delivery;
drop function delivery_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("conversations", "0008_accounts_and_ramps")]
    operations = [
        migrations.AddField(
            "line",
            "failover",
            models.CharField(
                choices=[("never", "Never"), ("after", "After"), ("at_once", "At Once")],
                db_default="never",
                default="never",
                max_length=8,
            ),
        ),
        migrations.AddField("line", "failover_after_s", models.PositiveIntegerField(db_default=60, default=60)),
        migrations.AddField("link", "is_draining", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("link", "halted_at", models.DateTimeField(null=True)),
        migrations.AddField("link", "operator", models.CharField(blank=True, db_default="", default="", max_length=80)),
        migrations.AddField("link", "prefixes", models.JSONField(db_default=[], default=list)),
        migrations.AddField("link", "meanings", models.JSONField(db_default={}, default=dict)),
        migrations.AddField("linkstate", "down_since", models.DateTimeField(null=True)),
        migrations.AddField("delivery", "path", models.CharField(db_default="", default="", max_length=8)),
        migrations.RunSQL("update conversations_link set halted_at = now() where not is_enabled", migrations.RunSQL.noop),
        migrations.CreateModel(
            "LinkTest",
            [
                (
                    "id",
                    models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("asked_at", models.DateTimeField(db_default=Now())),
                ("begun_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("steps", models.JSONField(db_default=[], default=list)),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="conversations.link"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            "PortedNumber",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organisation_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=32)),
                ("operator", models.CharField(max_length=80)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            "WrongNumber",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organisation_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(max_length=32)),
                ("link_id", models.UUIDField()),
                ("message_id", models.UUIDField()),
                ("code", models.CharField(max_length=16)),
                ("times", models.IntegerField(db_default=1, default=1)),
                ("first_at", models.DateTimeField(db_default=Now())),
                ("last_at", models.DateTimeField(db_default=Now())),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "-last_at"], name="wrongnumber_latest")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
