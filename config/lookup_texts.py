"""Refusals of the administration of look-ups, in French and English (config/error_texts.py)."""

from __future__ import annotations

OF_LOOK_UPS: dict[str, tuple[str, str]] = {
    "no_lookup": ("Cette consultation est introuvable.", "There is no such look-up."),
    "no_lookup_source": ("Cette source est introuvable.", "There is no such source."),
    "lookup_too_many": ("Il y en a déjà autant que possible.", "There are as many as there can be."),
    "lookup_kind_fixed": (
        "Une source garde son genre : ajoutez-en une autre.",
        "A source keeps its kind: add another one.",
    ),
    "lookup_secret_again": (
        "Saisissez le secret à nouveau : il partirait ailleurs qu’avant.",
        "Enter the secret again: it would go to another place than before.",
    ),
    "lookup_secret": (
        "Des caractères simples, 400 au plus.",
        "Plain characters, at most 400.",
    ),
    "lookup_url": (
        "Une adresse comme https://facturation.example.org/api, sans mot de passe ni question.",
        "An address such as https://billing.example.org/api, without a password or a question mark.",
    ),
    "lookup_host": ("Le nom d’une machine, ou son adresse.", "The name of a machine, or its address."),
    "lookup_port": ("De 1 à 65535.", "From 1 to 65535."),
    "lookup_header": (
        "Le nom d’un en-tête, comme X-Api-Key.",
        "The name of a header, such as X-Api-Key.",
    ),
    "lookup_authority": (
        "Un certificat au format PEM, sans clé privée.",
        "A certificate in PEM form, without a private key.",
    ),
    "lookup_connect": ("De 100 à 1000 millisecondes.", "From 100 to 1,000 milliseconds."),
    "lookup_one_select": (
        "Un seul SELECT, qui lit et rien d’autre (à « {word} »).",
        "One SELECT that reads, and nothing else (at “{word}”).",
    ),
    "lookup_function": (
        "Une consultation ne peut pas appeler {word}.",
        "A look-up may not use {word}.",
    ),
    "lookup_unknown_value": (
        "Une valeur entre accolades n’est pas dans la liste.",
        "A value in braces is not in the list of values.",
    ),
    "lookup_unused_value": (
        "Une valeur de la liste ne sert nulle part.",
        "A value of the list is used nowhere.",
    ),
    "lookup_quoted_value": (
        "Une valeur s’écrit sans guillemets autour : {numero}.",
        "A value stands without quotes around it.",
    ),
    "lookup_path": (
        "Un chemin comme /comptes/{numero}.",
        "A path such as /accounts/{number}.",
    ),
    "lookup_body": (
        "Un objet JSON, et seulement avec POST.",
        "A JSON object, and with POST only.",
    ),
    "lookup_steps": (
        "Des noms séparés par des points, comme data.rows.",
        "Names with dots between them, such as data.rows.",
    ),
    "lookup_columns": ("De 1 à 20 colonnes.", "From 1 to 20 columns."),
    "lookup_name": (
        "Des lettres minuscules sans accent, des chiffres et _ ; une fois chacun.",
        "Small letters, digits and _; each once.",
    ),
    "lookup_parameters": ("Dix valeurs au plus.", "At most ten values."),
    "lookup_bounds": ("De {least} à {most}.", "From {least} to {most}."),
    "lookup_sensitive": (
        "Ce qui est sensible se demande pour le numéro qui écrit : ajoutez-le aux valeurs.",
        "What is sensitive is asked of the number that writes: add it to the values.",
    ),
    "lookup_sensitive_kept": (
        "Ce qui est sensible n’est pas gardé en mémoire : mettez 0.",
        "What is sensitive is not kept: enter 0.",
    ),
}
