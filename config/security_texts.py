"""Refusals about accounts, as config/error_texts.py has the others."""

from __future__ import annotations

SECURITY_TEXTS: dict[str, tuple[str, str]] = {
    "locked": ("Ce bureau est verrouillé : montrez qui vous êtes.", "This desk is locked: show who you are."),
    "factor_due": (
        "Votre rôle demande un second facteur : installez-le d’abord.",
        "Your role asks for a second factor: set it up first.",
    ),
    "prove_again": (
        "Montrez une nouvelle fois qui vous êtes, puis recommencez.",
        "Show once more who you are, then try again.",
    ),
    "has_factor": (
        "Cette personne a un second facteur : connectez-vous avec le mot de passe.",
        "This person has a second factor: sign in with the password.",
    ),
    "wrong_password": ("Ce n’est pas votre mot de passe.", "This is not your password."),
    "wrong_code": (
        "Ce code n’est pas celui affiché en ce moment, ou il a déjà servi.",
        "This is not the code that is shown now, or it has been used.",
    ),
    "wrong_passkey": ("Cette clé d’accès n’a pas été acceptée.", "This passkey was not accepted."),
    "no_password": (
        "Vous n’avez pas de mot de passe : un administrateur vous donne un lien pour en choisir un.",
        "You have no password: an administrator gives you a link to choose one.",
    ),
    "offer_over": ("Recommencez : c’était commencé il y a trop longtemps.", "Begin anew: this was begun too long ago."),
    "has_totp": (
        "Une application est déjà installée : retirez-la d’abord.",
        "An application is set up already: remove it first.",
    ),
    "too_many_passkeys": ("Retirez d’abord une clé d’accès.", "Remove a passkey first."),
    "no_factor": ("Ce facteur est introuvable.", "There is no such factor."),
    "no_factor_yet": ("Installez d’abord un second facteur.", "Set up a second factor first."),
    "no_session": ("Cette session est déjà terminée.", "This session has ended already."),
    "no_link": (
        "Ce lien a déjà servi, ou il est trop ancien. Demandez-en un autre à votre administrateur.",
        "This link has been used, or is too old. Ask your administrator for another.",
    ),
    "no_team": ("Cette équipe est introuvable.", "There is no such team."),
    "team_name_taken": ("Une autre équipe porte ce nom.", "Another team has this name."),
    "team_has_lines": (
        "Des lignes sont pour cette équipe : donnez-les d’abord à une autre.",
        "Lines are for this team: give them to another first.",
    ),
    "unreadable_file": ("Ce n’est pas un fichier CSV.", "This is no CSV file."),
    "no_columns": (
        "La première ligne doit nommer les colonnes : nom, e-mail, rôle, langue.",
        "The first line must name the columns: name, email, role, language.",
    ),
    "too_many_rows": ("Au plus 500 personnes à la fois.", "At most 500 people at once."),
}
