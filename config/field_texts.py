"""What is wrong with a field, in the words of the person who fills it in: French and English, by pydantic's error type.

The types and their facts (`ctx`): https://docs.pydantic.dev/latest/errors/validation_errors/. A type that has no words
here gets "Not valid", in the reader's language: pydantic's own are English, and written for programmers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXT = ("Un texte est attendu.", "This must be a text.")
_NUMBER = ("Un nombre est attendu.", "This must be a number.")
_WHOLE = ("Un nombre entier est attendu.", "This must be a whole number.")
_YES_NO = ("« true » ou « false » est attendu.", "This must be true or false.")
_ID = ("Un identifiant (UUID) est attendu.", "This must be an id (UUID).")
_LIST = ("Une liste est attendue.", "This must be a list.")
_OBJECT = ("Un objet est attendu.", "This must be an object.")
_DAY = ("Un jour est attendu, comme 2026-03-31.", "This must be a day, such as 2026-03-31.")
_TIME = ("Une date et une heure sont attendues.", "This must be a date and a time.")
_ONE_OF = ("Choix possibles : {expected}.", "Choose one of: {expected}.")
_TOO_LONG = ("Au plus {max_length} sont permis ici.", "At most {max_length} are allowed here.")
_TOO_SHORT = ("Il en faut au moins {min_length}.", "At least {min_length} are needed.")
_NOT_VALID = ("Cette valeur ne convient pas.", "Not valid.")
_CHARACTERS = ("Ce champ contient des caractères invisibles.", "This holds characters that cannot be seen.")

TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("Ce champ est obligatoire.", "This field is required."),
    "extra_forbidden": ("Ce champ n’existe pas.", "There is no such field."),
    "none_required": ("Ce champ doit rester vide.", "This must be left empty."),
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "string_unicode": _CHARACTERS,
    "string_too_long": ("Au plus {max_length} caractères.", "At most {max_length} characters."),
    "string_too_short": ("Au moins {min_length} caractères.", "At least {min_length} characters."),
    "string_pattern_mismatch": ("Ce n’est pas la forme attendue.", "This does not have the expected form."),
    "characters": _CHARACTERS,  # common/schemas.py
    "literal_error": _ONE_OF,
    "enum": _ONE_OF,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": ("Ce nombre est trop grand.", "This number is too large."),
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "greater_than": ("Plus grand que {gt}.", "Greater than {gt}."),
    "greater_than_equal": ("Au moins {ge}.", "At least {ge}."),
    "less_than": ("Plus petit que {lt}.", "Less than {lt}."),
    "less_than_equal": ("Au plus {le}.", "At most {le}."),
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "uuid_version": _ID,
    "list_type": _LIST,
    "set_type": _LIST,
    "tuple_type": _LIST,
    "too_long": _TOO_LONG,
    "too_short": _TOO_SHORT,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "mapping_type": _OBJECT,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": _TIME,
}


def in_words(error: Mapping[str, Any], language: str) -> str:
    """The sentence for one of pydantic's errors ({"type", "ctx"?, ...}). Nothing of the value that was given."""
    french, english = TEXTS.get(str(error.get("type")), _NOT_VALID)
    facts = error.get("ctx") or {}
    # Bounds and choices are the program's own; anything else a fact may hold is not shown.
    shown = {name: facts.get(name, "?") for name in ("max_length", "min_length", "gt", "ge", "lt", "le")}
    choices = str(facts.get("expected", "?"))
    if language.startswith("fr"):
        return french.format(expected=choices.replace(" or ", " ou "), **shown)
    return english.format(expected=choices, **shown)
