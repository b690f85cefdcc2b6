"""`palabre bots versions` and `publish`, and the version that `evaluate --version` measures. These ask the database."""

from __future__ import annotations

from accounts.models import User
from bots.workshop import folders, shown, versions
from bots.workshop.edits import from_json
from bots.workshop.models import Version
from common.errors import NotFound


def listed(email: str, bot: str) -> list[str]:
    """A line for each version, newest first. Raises NotFound."""
    found = shown.bot_shown(_who(email).organisation_id, bot)
    lines = []
    for one in found["versions"]:
        by = one["published_by"] or one["made_by"]
        lines.append(
            f"{one['number']:>4}  {one['state']:<10} {one['made_at']:%Y-%m-%d %H:%M}  {by}  {one['note']}".rstrip()
        )
    lines.append(f"   0  {'published' if not found['published'] else 'shipped'}")
    return lines


def publish(email: str, bot: str, number: int, note: str) -> str:
    """0: talk as shipped. Raises NotFound, Conflict: as in the web, nothing that is worse is published."""
    actor = _who(email)
    if number == 0:
        versions.restore(actor=actor, bot=bot)
        return f"{bot} talks as shipped"
    versions.publish(actor=actor, version_id=_version(actor, bot, number).id, note=note)
    return f"{bot} talks with version {number}"


def name_of(email: str, bot: str, number: int) -> str:
    """Of a version, for engines, once its folder is there. Raises NotFound, BotDataError."""
    return folders.materialise(bot, from_json(_version(_who(email), bot, number).edits))


def _version(actor: User, bot: str, number: int) -> Version:
    row = Version.objects.filter(organisation_id=actor.organisation_id, bot=bot, number=number).first()
    if row is None:
        raise NotFound("no_version", f"{bot} has no version {number}")
    return row


def _who(email: str) -> User:
    user = User.objects.filter(email__iexact=email, is_active=True, role="administrator").first()
    if user is None:
        raise NotFound("no_user", f"there is no administrator {email!r}")
    return user
