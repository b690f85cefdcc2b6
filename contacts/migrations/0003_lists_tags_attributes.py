"""Tags, typed attributes, lists of numbers and the files that fill them."""

import common.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_tries'),
        ('contacts', '0002_consent'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ListNumber',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation_id', 'edition_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation_id', models.UUIDField()),
                ('edition_id', models.UUIDField()),
                ('number', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='ListStaged',
            fields=[
                ('upload_id', models.UUIDField()),
                ('attempt', models.SmallIntegerField()),
                ('line', models.IntegerField()),
                ('number', models.CharField(max_length=32)),
                ('reason', models.CharField(max_length=20)),
                ('value', models.CharField(max_length=80)),
                ('pk', models.CompositePrimaryKey('upload_id', 'attempt', 'line', blank=True, editable=False, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='Attribute',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('type', models.CharField(choices=[('text', 'Text'), ('number', 'Number'), ('date', 'Date'), ('choice', 'Choice'), ('boolean', 'Boolean')], max_length=8)),
                ('choices', models.JSONField(db_default=[], default=list)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='AttributeValue',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation_id', 'contact_id', 'attribute_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('value', models.CharField(max_length=300)),
                ('attribute', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.attribute')),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.contact')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='ContactList',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(blank=True, db_default='', default='', max_length=40)),
                ('edition_id', models.UUIDField(default=common.ids.uuid7)),
                ('size', models.IntegerField(db_default=0, default=0)),
                ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='ListUpload',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('replaces', models.BooleanField(default=False)),
                ('octets', models.BigIntegerField()),
                ('state', models.CharField(choices=[('receiving', 'Receiving'), ('working', 'Working'), ('done', 'Done'), ('failed', 'Failed')], default='receiving', max_length=9)),
                ('job_id', models.UUIDField(null=True)),
                ('error', models.CharField(db_default='', default='', max_length=40)),
                ('facts', models.JSONField(db_default={}, default=dict)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
                ('list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='contacts.contactlist')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ListProblem',
            fields=[
                ('line', models.IntegerField()),
                ('reason', models.CharField(max_length=20)),
                ('value', models.CharField(max_length=80)),
                ('pk', models.CompositePrimaryKey('upload_id', 'line', blank=True, editable=False, primary_key=True, serialize=False)),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='problems', to='contacts.listupload')),
            ],
        ),
        migrations.CreateModel(
            name='ListUploadPart',
            fields=[
                ('number', models.IntegerField()),
                ('content', models.BinaryField()),
                ('pk', models.CompositePrimaryKey('upload_id', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='contacts.listupload')),
            ],
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.UUIDField(default=common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='ContactTag',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation_id', 'contact_id', 'tag_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.contact')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organisation')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.tag')),
            ],
        ),
        migrations.AddConstraint(
            model_name='attribute',
            constraint=models.UniqueConstraint(fields=('organisation', 'key'), name='attribute_key_once'),
        ),
        migrations.AddConstraint(
            model_name='contactlist',
            constraint=models.UniqueConstraint(fields=('organisation', 'name'), name='contactlist_name_once'),
        ),
        migrations.AddIndex(
            model_name='listupload',
            index=models.Index(fields=['list', '-id'], name='listupload_newest'),
        ),
        migrations.AddConstraint(
            model_name='listupload',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'working')), fields=('list',), name='listupload_one_works'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('organisation', 'name'), name='tag_name_once'),
        ),
        # What is staged is read again after a crash: it need not survive one, and costs half as much.
        migrations.RunSQL(
            "alter table contacts_liststaged set unlogged", "alter table contacts_liststaged set logged"
        ),
    ]
