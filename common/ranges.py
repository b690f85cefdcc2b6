"""A part of what lies at an address (RFC 9110, section 14): how a player of sounds and films jumps to a place."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):
    """Nothing of what lies there is in the range."""


def range_of(header: str, length: int) -> tuple[int, int] | None:
    """(first octet, how many) that a Range header asks of `length` octets. None: all of it, also for what is no range
    and for several at once, which may be answered so. Raises Unsatisfiable."""
    found = _ONE.fullmatch(header)
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        count = min(int(last), length)
        if count == 0:
            raise Unsatisfiable
        return length - count, count
    if last and int(last) < int(first):
        return None
    if int(first) >= length:
        raise Unsatisfiable
    return int(first), min(int(last) if last else length - 1, length - 1) - int(first) + 1


def answer_in_ranges(
    request: HttpRequest, *, content_type: str, length: int, tag: str, read: Callable[[int, int], bytes]
) -> HttpResponse:
    """200 with all of it, 206 with what was asked for, 416. `tag`: changes when the octets do; `read(first, count)`."""
    etag = f'"{tag}"'
    wanted = request.headers.get("Range", "")
    if request.headers.get("If-Range", etag) != etag:
        wanted = ""  # the part that the browser has is of something else
    try:
        part = range_of(wanted, length)
    except Unsatisfiable:
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{length}"
        return answer
    first, count = part or (0, length)
    body = b"" if request.method == "HEAD" else read(first, count)
    answer = HttpResponse(body, content_type=content_type, status=206 if part else 200)
    if part:
        answer["Content-Range"] = f"bytes {first}-{first + count - 1}/{length}"
    answer["Content-Length"] = str(count)
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = etag
    # Opened by itself it is no page of ours: it may run nothing and reach nothing.
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return answer
