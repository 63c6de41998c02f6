"""The session of requests: what is sent with each request, and nothing that the user did not set here."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from lwfast._version import __version__
from lwfast.remote.connection.body import ENCODINGS
from lwfast.remote.connection.connecting import Adapter
from lwfast.wire import TOKEN_HEADER
from lwfast.wire.loopback import is_loopback

POOL_SIZE = 64


class _Session(requests.Session):
    """A session that leaves redirects alone, of which requests would read the whole body, and the target."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that no redirect is followed."""


def make_session(url: str, token: str, adapter: BaseAdapter | None = None) -> requests.Session:
    """Make a session for one base URL.

    Args:
        url: Base URL that all requests of the session go to.
        token: Sent with each of them; a `Secret`, with which the session is not pickled.
        adapter: Stands in for the network in tests.
    """
    session = _Session()
    session.headers.update(
        {
            TOKEN_HEADER: token,
            "User-Agent": f"lwfast/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": ENCODINGS,
            "Content-Type": "application/json",
        }
    )
    session.auth = _no_auth  # else requests would look for a password in ~/.netrc
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    host = urlsplit(url).hostname or ""
    session.trust_env = not is_loopback(host)  # a proxy could not reach this machine's loopback
    adapter = adapter or Adapter(pool_maxsize=POOL_SIZE, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
