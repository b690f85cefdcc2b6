"""The browser application's page. Its files have hashed names and come from WhiteNoise; this page names them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

# What the build writes where this answer's nonce belongs (frontend/vite.config.ts).
NONCE_PLACE = b"__CSP_NONCE__"

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Palabre</title></head>
<body><h1>Palabre</h1>
<p lang="fr">L’interface n’est pas construite : lancez <code>make frontend</code>, puis rechargez cette page.</p>
<p>The front end is not built: run <code>make frontend</code>, then reload this page.</p>
</body></html>
"""


@require_safe
@ensure_csrf_cookie
def page(request: HttpRequest, **_kwargs: str) -> HttpResponse:
    """The same page for every address of the application, which reads the address itself. 503 until it is built."""
    index = Path(settings.FRONTEND_DIST) / "index.html"
    try:
        page = _read(index, index.stat().st_mtime_ns)
        nonce: str = str(request.csp_nonce)  # type: ignore[attr-defined]  # config.headers puts it there
        response = HttpResponse(page.replace(NONCE_PLACE, nonce.encode()))
    except FileNotFoundError:
        response = HttpResponse(_NOT_BUILT, status=503)
    # No copy of it is ever shown again: it names the files of one build, its nonce is for once, and Back must not bring
    # the screen of somebody who has signed out.
    response.headers["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=2)
def _read(index: Path, _changed: int) -> bytes:
    return index.read_bytes()
