"""What people are found by: words without accents, names with typing errors, numbers by their last digits.

unaccent and pg_trgm are part of PostgreSQL, and of its Debian package postgresql-contrib. A database that has neither,
or whose owner may not create them, is told here and searched all the same: without unaccent by another function, a
little slower; without pg_trgm names are found by their words and how these begin, not with typing errors.
"""

from typing import Any

from django.db import migrations

EXTENSIONS = """
do $made$
declare wanted text;
begin
    foreach wanted in array array['unaccent', 'pg_trgm'] loop
        begin
            execute format('create extension if not exists %I with schema public', wanted);
        exception when others then
            raise warning 'palabre: the extension % cannot be created (%): search works, but % ', wanted, sqlerrm,
                case wanted when 'unaccent' then 'folds fewer letters' else 'forgives no typing error in names' end;
        end;
    end loop;
end
$made$
"""
# Immutable although the dictionary could be edited: indexes are made of it. The letter that unaccent leaves is one of
# Fon's. Without unaccent, the marks that are written over and under Latin letters.
FOLD = """
do $made$
begin
    if exists (select from pg_extension where extname = 'unaccent') then
        execute $sql$
            create function palabre_fold(text) returns text language sql immutable strict parallel safe
            return replace(public.unaccent('public.unaccent', lower($1)), 'ɔ', 'o')
        $sql$;
    else
        execute format($sql$
            create function palabre_fold(text) returns text language sql immutable strict parallel safe
            return replace(translate(normalize(lower($1), nfkd), %L, ''), 'ɔ', 'o')
        $sql$, E'\\u0300\\u0301\\u0302\\u0303\\u0304\\u0306\\u0307\\u0308\\u030a\\u030b\\u030c\\u0323\\u0327\\u0328');
    end if;
end
$made$
"""
# Of contacts that have a name: the intake makes them without one, and pays nothing.
INDEXES = """
create index contact_words on contacts_contact using gin (to_tsvector('simple', palabre_fold(name))) where name <> '';
do $made$
begin
    if exists (select from pg_extension where extname = 'pg_trgm') then
        create index contact_alike on contacts_contact using gin (palabre_fold(name) gin_trgm_ops) where name <> '';
    end if;
end
$made$;
create index address_backwards on contacts_address (organisation_id, reverse(value) text_pattern_ops);
"""
BACKWARD = """
drop index if exists address_backwards, contact_alike, contact_words;
drop function palabre_fold(text);
"""


def forward(apps: Any, schema_editor: Any) -> None:
    for statement in (EXTENSIONS, FOLD, INDEXES):
        schema_editor.execute(statement, params=None)


def backward(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(BACKWARD, params=None)


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_people")]
    operations = [migrations.RunPython(forward, backward)]
