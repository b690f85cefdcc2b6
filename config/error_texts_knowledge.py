"""Refusals about articles and about handing over, in words: French and English, as config.error_texts has them."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "no_article": ("Cet article n’existe pas.", "There is no such article."),
    "no_version": ("Ce texte n’existe pas.", "There is no such text."),
    "article_key": (
        "Un repère s’écrit en minuscules, chiffres et tirets : « esim-prix ».",
        "A key is written in lower-case letters, digits and dashes: “esim-price”.",
    ),
    "article_taken": ("Un autre article a ce repère.", "Another article has this key."),
    "too_many_articles": ("Au plus 500 articles, archives comprises.", "At most 500 articles, archived ones included."),
    "submitted": (
        "Ce texte attend une approbation : il faut d’abord le refuser.",
        "This text waits for approval: it must be refused first.",
    ),
    "not_a_draft": ("Ce texte n’est plus un brouillon.", "This text is no draft any more."),
    "not_submitted": ("Ce texte n’attend pas d’approbation.", "This text does not wait for approval."),
    "not_approved": ("Ce texte n’est pas approuvé.", "This text is not approved."),
    "never_approved": ("Personne n’a approuvé ce texte.", "Nobody has approved this text."),
    "own_words": (
        "Un autre administrateur doit approuver ce que vous avez écrit.",
        "Another administrator has to approve what you wrote.",
    ),
    "times_in_order": ("La fin doit suivre le début.", "It must end after it begins."),
    "policy_range": ("Ce nombre est hors limites.", "This number is out of range."),
    "knowledge_threshold": ("De 0,5 à 1.", "From 0.5 to 1."),
}
