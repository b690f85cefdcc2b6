"""One conversation's id for all tests of bots: answers depend on it only in the choice of a variant."""

from uuid import UUID

CONVERSATION = UUID("018f3a52-0000-7000-8000-000000000001")
