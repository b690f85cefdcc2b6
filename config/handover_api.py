"""When a line's bot hands over to people."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from accounts.permissions import May, caller
from common.schemas import Words, schema_of
from routing.handover_policy_admin import PolicyGiven, PolicyView, policy_shown, save_policy

router = Router(tags=["administration"])

HandoverPolicySchema: Any = schema_of(PolicyView)
Number = Annotated[int, Field(ge=-1000, le=1000)]  # its range in words: routing/handover_policy_admin.py


class HandoverPolicyGiven(Schema):
    """`mood_texts` 0: mood decides nothing. `kind` "": nobody is looked after. `priorities`: added, by reason."""

    unsure_times: Number = 2
    mood_texts: Number = 0
    loops: bool = False
    vip: Literal["off", "at_once", "after_one"] = "off"
    kind: Literal["", "in_list", "tag", "attribute"] = ""
    thing_id: UUID | None = None
    compare: Words = "is"
    value: Words = ""
    keywords: Annotated[list[Words], Field(max_length=100)] = []
    priorities: dict[str, Number] = {}
    tells_wait: bool = True


@router.get("/lines/{uuid:line_id}/handover", auth=May("lines.administer"), response=HandoverPolicySchema)
def show_handover_policy(request: HttpRequest, line_id: UUID) -> Any:
    return policy_shown(caller(request).organisation_id, line_id)


@router.put("/lines/{uuid:line_id}/handover", auth=May("lines.administer"), response=HandoverPolicySchema)
def change_handover_policy(request: HttpRequest, line_id: UUID, given: HandoverPolicyGiven) -> Any:
    """The whole of it: the next turn is judged by it."""
    return save_policy(actor=caller(request), line_id=line_id, given=PolicyGiven(**given.dict()))
