"""Whether a URL stays on this machine: the only place where plain http is allowed."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """True for `localhost` and literal loopback addresses. Other names are not resolved: what they mean may change."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
