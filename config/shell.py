"""The worker that keeps the application's shell. It lies beside the application's other files (frontend/public), and is
asked for at an address of its own: a worker may only be in charge of addresses at or below its own.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.headers import NO_PAGE, POLICY

# What a worker may fetch follows from the policy of its own answer.
_POLICY = f"{NO_PAGE}; connect-src 'self'"
_SCRIPT = "text/javascript; charset=utf-8"


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """404 until the front end is built."""
    try:
        response = HttpResponse((Path(settings.FRONTEND_DIST) / "sw.js").read_bytes(), content_type=_SCRIPT)
    except FileNotFoundError:
        return HttpResponse(status=404, content_type="text/plain")
    response.headers[POLICY] = _POLICY
    return response
