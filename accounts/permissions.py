"""Who may call what: one table. Each API operation names its line of it; the tests walk it role by role.

What a person may see inside an operation (which lines, how much of a text) is conversations.visibility's.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import translation
from ninja.security import SessionAuth

from accounts.models import Role, User
from common.errors import Locked, NotAllowed

EVERYONE = frozenset(Role)
DESK = frozenset({Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR})  # who works on conversations
OVERSIGHT = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.OBSERVER})
ADMINISTRATION = frozenset({Role.ADMINISTRATOR})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "session.read": EVERYONE,
    "session.change": EVERYONE,
    "session.keep": EVERYONE,  # says that somebody is there, or locks the desk
    "session.prove": EVERYONE,  # opens it again: the only thing that a locked session may
    "security.own": EVERYONE,  # one's own password, factors and sessions
    "conversations.list": EVERYONE,
    "conversations.read": EVERYONE,
    "conversations.answer": DESK,
    "conversations.note": DESK,
    "conversations.take": DESK,
    "conversations.return": DESK,
    "conversations.close": DESK,
    "conversations.reopen": DESK,
    "conversations.snooze": DESK,
    "conversations.mark_read": DESK,
    "conversations.transfer": DESK,
    "conversations.reassign": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # many at once, nobody is asked
    "conversations.bulk": DESK,  # each by what its verb allows
    "conversations.promise": DESK,  # to call a subscriber back
    "people.read": DESK,  # of conversations that one sees
    "people.change": DESK,  # names, tags, values, notes of one's own
    "people.block": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # nobody answers him any more
    "people.merge": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "search.use": DESK,  # words, names and numbers: nothing for who may not read them
    "texts.send": DESK,  # to numbers that have not written
    "consent.opt_out": DESK,
    "consent.opt_in": frozenset(
        {Role.SUPERVISOR, Role.ADMINISTRATOR}
    ),  # against what a subscriber has said: with proof
    "consent.read": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # numbers in full
    "counts.read": EVERYONE,
    "views.read": EVERYONE,
    "views.keep": DESK,  # one's own views; shared ones: inbox.views.SHARE
    "views.arrange": EVERYONE,
    "desk.arrange": EVERYONE,  # which lines one's own lists show
    "events.read": EVERYONE,
    "presence.set": DESK,
    "presence.force": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # another's state, with a line in the audit log
    "offers.answer": DESK,
    "supervision.live": OVERSIGHT,
    "staffing.plan": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "history.read": OVERSIGHT,  # an observer: without words, names and whole numbers
    "history.export": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "users.administer": ADMINISTRATION,
    "teams.administer": ADMINISTRATION,
    "security.administer": ADMINISTRATION,  # the rules for all accounts
    "lines.administer": ADMINISTRATION,
    "routing.administer": ADMINISTRATION,  # queues, skills, capacities, states
    "hours.administer": ADMINISTRATION,
    "targets.administer": ADMINISTRATION,
    "links.administer": ADMINISTRATION,
    "lists.administer": ADMINISTRATION,
    "lists.fill": ADMINISTRATION,  # pieces of a file
    "contacts.administer": ADMINISTRATION,  # tags and attributes
    "filters.administer": ADMINISTRATION,
    "filters.try": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # tells what is known of a number
    "filters.watch": OVERSIGHT,  # an observer: without whole numbers
    "rules.administer": ADMINISTRATION,
    "rules.try": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # as filters.try
    "bots.administer": ADMINISTRATION,  # what bots say and understand
    "bots.review": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # what was understood, with the texts
    "tokens.administer": ADMINISTRATION,
    "lookups.administer": ADMINISTRATION,  # what bots may ask of other systems, and what these know of people
    "links.watch": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    "knowledge.read": DESK,  # what agents look up and insert
    "knowledge.edit": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # drafts, which nobody is told yet
    "knowledge.approve": ADMINISTRATION,  # what subscribers are told
    "replies.use": DESK,  # canned replies that one may see, one's own, one's drafts
    "replies.edit": frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),  # a team's and everybody's
    "replies.administer": ADMINISTRATION,  # who reads whose drafts
    "audit.read": ADMINISTRATION,
    "health.read": ADMINISTRATION,
}

# What a session may do that is locked; and one whose owner must set up a second factor first.
WHILE_LOCKED = frozenset({"session.prove"})
WHILE_HELD = frozenset({"session.prove", "session.keep", "security.own"})


class May(SessionAuth):
    """Session authentication with CSRF, for the roles of one line of PERMISSIONS: `auth=May("audit.read")`.

    Nobody signed in: 401. A locked session: Locked. One that waits for a second factor: NotAllowed("factor_due").
    Signed in with another role: NotAllowed("role").
    """

    def __init__(self, permission: str) -> None:
        super().__init__(csrf=True)
        self.permission = permission
        self.roles = PERMISSIONS[permission]

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        state = getattr(request.session, "state", None)  # read with the session itself
        if state is not None and state.is_locked and self.permission not in WHILE_LOCKED:
            raise Locked("locked", "this desk is locked: show who you are")
        if state is not None and state.is_held and self.permission not in WHILE_HELD:
            raise NotAllowed("factor_due", "set up a second factor first")
        if user.role not in self.roles:
            raise NotAllowed("role", "your role does not include this", permission=self.permission)
        translation.activate(user.language)  # for the messages of Django's own validators
        return user


def caller(request: HttpRequest) -> User:
    """Whom `May` has let in."""
    user: User = request.auth  # type: ignore[attr-defined]  # ninja sets it
    return user
