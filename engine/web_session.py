"""How the engine asks servers: as itself, without the user's passwords, without cookies."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase

import engine

USER_AGENT = f"EarthLoc/{engine.__version__} (+https://github.com/earthloc/earthloc-qgis)"


class _NoLogin(AuthBase):
    """Keeps requests from looking for passwords in the user's .netrc."""

    def __call__(self, request: Any) -> Any:
        return request


def web_session() -> requests.Session:
    """A session that names EarthLoc, sends no password of the user's, and keeps no cookies."""
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.auth = _NoLogin()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def retry_after_s(text: str) -> float:
    """Seconds of a Retry-After header, which names seconds or a date (RFC 9110, 10.2.3); 0 for others."""
    if text.isdecimal() and text.isascii():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
