"""Queues have ladders: what waiting changes, and what was done because of it."""

import common.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0018_told_and_reopened'),
        ('routing', '0011_who_is_there'),
    ]

    operations = [
        migrations.AddField(
            model_name='queue',
            name='callback_within_s',
            field=models.PositiveIntegerField(db_default=7200, default=7200),
        ),
        migrations.AddField(
            model_name='queue',
            name='ladder',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='queue',
            name='ladder_texts',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.CreateModel(
            name='LadderTold',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=40)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('answer_after', models.IntegerField(null=True)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.conversation')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answer_after__isnull', False)), fields=['at'], name='laddertold_asked')],
                'constraints': [models.UniqueConstraint(fields=('conversation', 'key'), name='laddertold_once')],
            },
        ),
    ]
