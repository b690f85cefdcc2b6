"""Where a provider fetches what leaves with a text: an address of ours that says by its signature what it opens, and
until when. Nobody signs in there: whoever has the address has the picture, as its provider does.

    PUBLIC_URL/webhooks/<link>/media/<token>
"""

from __future__ import annotations

from uuid import UUID

from django.core import signing

# Twilio holds a text for ten hours at most; what is not fetched by then is not wanted any more.
VALID_S = 12 * 3600
_SALT = "palabre.media"


def media_url(webhooks: str, message_id: UUID, place: int) -> str:
    """`webhooks`: of the link (LinkConfig.webhooks). Valid from now for VALID_S."""
    return f"{webhooks}/media/{signing.dumps([str(message_id), place], salt=_SALT)}"


def opened(token: str) -> tuple[UUID, int] | None:
    """(message, place) that a token opens now; None for one that is not ours, or over."""
    try:
        message_id, place = signing.loads(token, salt=_SALT, max_age=VALID_S)
        return UUID(message_id), int(place)
    except (signing.BadSignature, ValueError, TypeError):
        return None
