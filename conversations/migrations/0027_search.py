"""The words of texts, for the search. What it costs the intake stands in docs/search.md.

Beside the writers, month by month, as message_texts was (0014). Notes have an index of their own by time: message_texts
leaves them out.
"""

from django.db import migrations

from common.partitioned import AddSqlIndexToPartitions

TABLE = "conversations_message"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0026_failed_of_a_conversation"), ("contacts", "0007_search")]

    operations = [
        AddSqlIndexToPartitions(
            TABLE,
            "message_words",
            "using gin (to_tsvector('simple', palabre_fold(body))) with (gin_pending_list_limit = 512) "
            "where kind in ('incoming', 'outgoing', 'note')",
        ),
        AddSqlIndexToPartitions(TABLE, "message_notes", "(organisation_id, id) where kind = 'note'"),
    ]
