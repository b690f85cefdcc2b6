"""Which queries may be saved at all."""

from __future__ import annotations

import pytest

from bots.lookups.sql_text import read
from common.errors import Invalid
from tests.lookups.test_look_up_sql import WRITES

GOOD = {
    "select balance from account where msisdn = {number}": "select balance from account where msisdn =  $1 ",
    "SELECT a FROM t WHERE n={number};": "SELECT a FROM t WHERE n= $1 ",
    "with x as (select {number}::text n) select n from x": "with x as (select  $1 ::text n) select n from x",
    "select '{1,2}'::int[], 'it''s; drop', \"update\" from t where n = {number}":
        "select '{1,2}'::int[], 'it''s; drop', \"update\" from t where n =  $1 ",
    "select 1 -- whose?\nfrom t where n = {number} or m = {number}": "select 1  \nfrom t where n =  $1  or m =  $1 ",
    "select 1 /* a /* b */ ; c */ from t where n like {number} || '%'": "select 1   from t where n like  $1  || '%'",
    "select a -> 'b' ->> 'c', d @> '[]', solde_é from t where n = {number}":
        "select a -> 'b' ->> 'c', d @> '[]', solde_é from t where n =  $1 ",
}  # fmt: skip
BAD = [
    "", ";", "update t set a = {number}", "values ({number})", "table account", "explain select {number}",
    "select {number}; select 2", "select {number};;", "select $1 where {number} = 1", "select $$a$$ where {number} = 1",
    "select {number}) x; select (1", "select ({number}", "select '{number", "select \"{number}",
    "select E'\\'' {number}",
    "select 'a\\' || {number}", "select {number} /* open", "select {number} into x", "select 1 {number} \\gexec",
    "set role postgres", "select {number} {", "select } {number}",
    "select U&\"d!0061t\" UESCAPE '!' where {number} = 1",
]  # fmt: skip


# A function of theirs, and a table that the role may not read: only the database knows.
PLAIN = ("select pay({number})", "select 1 from salary")


@pytest.mark.parametrize("query", GOOD)
def test_a_plain_select_is_taken_and_its_values_are_bound(query):
    found = read(query, ["number"])
    assert (found.text, found.names) == (GOOD[query].strip(), ("number",))


@pytest.mark.parametrize(
    "query", BAD + [f"{one.replace('{number}', '1')} {{number}}" for one in WRITES if one not in PLAIN]
)
def test_what_is_no_plain_select_is_refused(query):
    with pytest.raises(Invalid):
        read(query, ["number"])


@pytest.mark.parametrize(
    ("query", "known", "code"),
    [("select {other}", ["number"], "lookup_unknown_value"), ("select 1", ["number"], "lookup_unused_value"),
     ("select '{number}'", ["number"], "lookup_quoted_value"),
     ("select {number}" + " " * 4000 + "x", ["number"], "too_long"),
     ("select pg_read_file({number})", ["number"], "lookup_function"),
     ("select dblink({number})", ["number"], "lookup_function"),
     ('select "pg_read_file"({number})', ["number"], "lookup_function"),
     ("delete from t where n = {number}", ["number"], "lookup_one_select")],
)  # fmt: skip
def test_what_is_wrong_is_said(query, known, code):
    with pytest.raises(Invalid) as refused:
        read(query, known)
    assert (refused.value.code, refused.value.field) == (code, "query")
