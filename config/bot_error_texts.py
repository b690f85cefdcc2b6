"""Refusals of the bots' workshop, as config/error_texts.py has the others."""

from __future__ import annotations

BOT_TEXTS: dict[str, tuple[str, str]] = {
    "no_bot": ("Ce bot est introuvable.", "There is no such bot."),
    "no_sentence": ("Cette réponse est introuvable.", "There is no such answer."),
    "no_intent": ("Ce sujet est introuvable.", "There is no such subject."),
    "no_phrase": ("Cette phrase est introuvable.", "There is no such phrase."),
    "no_version": ("Cette version est introuvable.", "There is no such version."),
    "no_draft": ("Rien n’a été changé.", "Nothing has been changed."),
    "no_rehearsal": ("Cette conversation enregistrée est introuvable.", "There is no such saved conversation."),
    "no_turn": ("Ce texte est introuvable.", "There is no such text."),
    "training": (
        "Le brouillon apprend en ce moment : patientez, ou abandonnez-le.",
        "The draft is learning: wait, or throw it away.",
    ),
    "not_trained": (
        "Ses phrases ont changé : lancez d’abord l’apprentissage.",
        "Its phrases have changed: have it learn them first.",
    ),
    "worse": (
        "Cette version est moins bonne que celle qui parle : elle ne peut pas être publiée.",
        "This version is worse than the one that talks now: it cannot be published.",
    ),
    "judged_before": (
        "Une autre version a été publiée depuis : relancez l’apprentissage.",
        "Another version has been published since: have it learn again.",
    ),
    "bot_broken": ("Ce bot ne peut pas parler ainsi.", "The bot cannot talk like that."),
    "phrase_length": ("De 1 à 300 caractères, dont un mot.", "From 1 to 300 characters, with a word in them."),
    "phrase_signs": ("Sans crochets ni accolades.", "No brackets, no braces."),
    "phrase_numbers": ("Un nombre seul n’est jamais compris.", "Numbers alone are never understood."),
    "phrase_elsewhere": (
        "Une de ces phrases existe déjà sous « {intent} ».", "One of these phrases already stands under “{intent}”.",
    ),
    "last_phrase": (
        "Un sujet doit garder au moins une phrase dans chaque langue.",
        "A subject keeps at least one phrase in each language.",
    ),
    "too_many_phrases": ("C’est trop de phrases à la fois.", "That is too many phrases at once."),
    "sentence_length": ("De 1 à 1 000 caractères.", "From 1 to 1,000 characters."),
    "sentence_values": (
        "Les mots entre accolades sont ceux de la réponse d’origine.",
        "Words in braces are those of the shipped answer.",
    ),
    "rehearsal_steps": (
        "Il faut au moins un texte, et ce qui doit en sortir.",
        "At least one text is needed, and what must come of it.",
    ),
    "too_many_rehearsals": ("Au plus 200 conversations enregistrées.", "At most 200 saved conversations."),
    "too_many_tried": ("Au plus 30 textes de 1 600 caractères.", "At most 30 texts of 1,600 characters."),
    "label_phrase": ("La phrase à apprendre manque.", "The phrase to learn is missing."),
}  # fmt: skip
