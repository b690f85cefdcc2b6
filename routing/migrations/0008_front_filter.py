"""The front filter of a line, who came to it, and how many a day."""

import common.ids
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_tries'),
        ('contacts', '0003_lists_tags_attributes'),
        ('conversations', '0016_filtered_lines'),
        ('routing', '0007_full_told'),
    ]

    operations = [
        migrations.CreateModel(
            name='PassagesCounted',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='accounts.organisation')),
                ('until', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='FrontFilter',
            fields=[
                ('outcome', models.CharField(choices=[('admit', 'Admit'), ('queue', 'Queue'), ('answer', 'Answer'), ('bot', 'Bot')], default='admit', max_length=8)),
                ('priority', models.SmallIntegerField(default=0)),
                ('reply', models.CharField(blank=True, default='', max_length=480)),
                ('bot_first', models.BooleanField(default=False)),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='front_filter', serialize=False, to='conversations.line')),
                ('is_enabled', models.BooleanField(default=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
                ('queue', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='routing.queue')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('conversation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='conversations.conversation')),
                ('organisation_id', models.UUIDField()),
                ('line_id', models.UUIDField()),
                ('check_id', models.UUIDField(null=True)),
                ('place', models.SmallIntegerField(default=0)),
                ('outcome', models.CharField(choices=[('admit', 'Admit'), ('queue', 'Queue'), ('answer', 'Answer'), ('bot', 'Bot')], max_length=8)),
                ('queue_id', models.UUIDField(null=True)),
                ('priority', models.SmallIntegerField(default=0)),
                ('reply', models.CharField(db_default='', default='', max_length=480)),
                ('silence', models.CharField(db_default='', default='', max_length=16)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'indexes': [models.Index(fields=['organisation_id', 'line_id', '-conversation'], name='passage_newest')],
            },
        ),
        migrations.CreateModel(
            name='PassageDay',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('organisation_id', models.UUIDField()),
                ('line_id', models.UUIDField()),
                ('day', models.DateField()),
                ('check_id', models.UUIDField(null=True)),
                ('outcome', models.CharField(choices=[('admit', 'Admit'), ('queue', 'Queue'), ('answer', 'Answer'), ('bot', 'Bot')], max_length=8)),
                ('count', models.IntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation_id', 'line_id', 'day', 'check_id', 'outcome'), name='passageday_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='FrontCheck',
            fields=[
                ('outcome', models.CharField(choices=[('admit', 'Admit'), ('queue', 'Queue'), ('answer', 'Answer'), ('bot', 'Bot')], default='admit', max_length=8)),
                ('priority', models.SmallIntegerField(default=0)),
                ('reply', models.CharField(blank=True, default='', max_length=480)),
                ('bot_first', models.BooleanField(default=False)),
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('place', models.SmallIntegerField()),
                ('name', models.CharField(blank=True, default='', max_length=80)),
                ('kind', models.CharField(max_length=12)),
                ('compare', models.CharField(default='is', max_length=8)),
                ('value', models.CharField(blank=True, default='', max_length=300)),
                ('words', models.JSONField(default=list)),
                ('attribute', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.attribute')),
                ('contact_list', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.contactlist')),
                ('queue', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='routing.queue')),
                ('tag', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.tag')),
                ('filter', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='routing.frontfilter')),
            ],
            options={
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('filter', 'place'), name='frontcheck_place_once')],
            },
        ),
    ]
