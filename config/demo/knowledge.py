"""Articles of the demonstration: two that are live in both languages, one that waits to be approved."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Organisation, User
from knowledge.models import Article, ArticleVersion, KnowledgeSettings, VersionState

_ARTICLES = {
    "esim": (
        "Cartes SIM",
        ("Passer à l'eSIM", "Comment avoir une eSIM ?\nMon téléphone est-il compatible eSIM ?",
         "Pour une eSIM, venez en agence avec votre pièce d'identité et un téléphone compatible. C'est 1 000 F."),
        ("Switch to an eSIM", "How do I get an eSIM?\nIs my phone eSIM compatible?",
         "For an eSIM, visit a shop with your ID and a compatible phone. It costs 1,000 F."),
    ),
    "parental-control": (
        "Internet",
        ("Contrôle parental", "Comment bloquer des sites pour mon enfant ?\nActiver le contrôle parental",
         "Le contrôle parental est gratuit : composez *190*5# avec le téléphone de l'enfant."),
        ("Parental control", "How do I block websites for my child?\nTurn on parental control",
         "Parental control is free: dial *190*5# from the child's phone."),
    ),
}  # fmt: skip


def make_articles(owner: Organisation, author: User, approver: User, now: datetime) -> None:
    KnowledgeSettings.objects.create(organisation=owner, revision=1)
    for key, (topic, *texts) in _ARTICLES.items():
        article = Article.objects.create(organisation=owner, key=key, topic=topic)
        for language, (title, questions, answer) in zip(("fr", "en"), texts, strict=True):
            ArticleVersion.objects.create(
                organisation=owner, article=article, language=language, number=1, title=title, questions=questions,
                answer=answer, state=VersionState.APPROVED, written_by=author, written_at=now, judged_by=approver,
                judged_at=now, live_from=now,
            )  # fmt: skip
    waiting = Article.objects.create(organisation=owner, key="voicemail", topic="Appels")
    ArticleVersion.objects.create(
        organisation=owner, article=waiting, language="fr", number=1, title="Messagerie vocale",
        questions="Comment écouter ma messagerie ?\nDésactiver le répondeur",
        answer="Composez le 123 pour écouter votre messagerie. Pour couper le répondeur : ##004#.",
        state=VersionState.SUBMITTED, written_by=author, written_at=now,
    )  # fmt: skip
