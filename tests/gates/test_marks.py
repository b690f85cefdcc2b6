"""The searching for leaks can find something: every table and every text of another organisation is marked."""

from __future__ import annotations

from django.db import models

from tests.gates.company import MARK, MEANS_SOMETHING, OF_NOBODY, Company, product_models, text_columns


def test_every_table_holds_something_of_another_organisation(company: Company) -> None:
    filled = set(company.rows)
    empty = {model._meta.label_lower for model in product_models() if model not in filled} - OF_NOBODY
    assert not empty, (
        f"{sorted(empty)}: make a row of the foreign organisation in tests/gates/leftovers.py, so that the gates "
        "notice when it leaks (or name the table in OF_NOBODY of tests/gates/company.py)"
    )


def test_every_text_of_another_organisation_is_marked(company: Company) -> None:
    bare = []
    for model, keys in company.rows.items():
        for column in text_columns(model):
            for value in model._default_manager.filter(pk__in=keys).values_list(column.name, flat=True):
                if f"{MARK}for" not in str(value):
                    bare.append(f"{model._meta.label}.{column.name} = {value!r}")
    assert not bare


def test_the_exceptions_exist() -> None:
    columns = {
        f"{model._meta.label_lower}.{column.name}"
        for model in product_models()
        for column in model._meta.concrete_fields
        if isinstance(column, (models.CharField, models.TextField, models.JSONField))
    }
    assert columns >= MEANS_SOMETHING
    assert {model._meta.label_lower for model in product_models()} >= OF_NOBODY
