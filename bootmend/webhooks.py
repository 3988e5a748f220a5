"""Where notifications may go, and how they are signed. Pure.

A callback URL is a caller's wish that this app sends a request from inside its own network: only to hosts that the settings
name, only by https, and only to addresses of the public internet, each of them checked after the name was resolved.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bootmend.models.record import Moment
from bootmend.models.webhooks import Notice, NoticeEvent, ToldData

SIGNATURE_HEADER = "Bootmend-Signature"
_PLAIN_URL = re.compile(r"[!-\[\]-~]+")
"""Visible ASCII without the backslash, which some readers of URLs take for a slash."""
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""A name whose last label begins with a letter: 2130706433, 0x7f.1 and 127.1 are addresses to some resolvers."""
_PLATFORM = frozenset({"168.63.129.16"})
"""Azure's own services behind each VM (What is IP address 168.63.129.16?): public by its number, private by its use."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def callback_fault(url: str, hosts: Iterable[str], *, loopback_too: bool = False) -> str | None:
    """Why nothing may be sent to this URL, in words; None if it may. `hosts` as in the setting `webhook_hosts`.

    `loopback_too`: plain http to this machine is fine, since Azure itself is simulated on it.
    """
    if not _PLAIN_URL.fullmatch(url):
        return "must be a URL of visible ASCII characters without a backslash"
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "must be a URL"
    if "@" in parts.netloc:
        return "must not contain a user name or password"
    if loopback_too and parts.scheme in {"http", "https"} and is_loopback(host):
        return None
    if parts.scheme != "https":
        return "must begin with https://"
    if port not in {None, 443}:
        return "must use the usual port of https"
    if parts.fragment:
        return "must not have a fragment"
    if not _HOST.fullmatch(host):
        return "must name its host by a full domain name, not by an address"
    if not any(_is_of(host, allowed) for allowed in hosts):
        return f"host {host} is not among those that BOOTMEND_WEBHOOK_HOSTS allows"
    return None


def _is_of(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def is_loopback(host: str) -> bool:
    """True for `localhost` and literal loopback addresses."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(text: str) -> bool:
    """Whether an address that a name resolved to lies on the public internet, also when it carries another one inside."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _carried(address)
    return _is_public(address) if inner is None else _is_public(inner)


def _is_public(address: Address) -> bool:
    if str(address) in _PLATFORM or address.is_multicast or address.is_reserved:
        return False
    return address.is_global and not (address.version == 6 and address.is_site_local)


def _carried(address: Address) -> Address | None:
    """The IPv4 address inside an IPv6 one: mapped, 6to4, Teredo, NAT64, or the old compatible form."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def cloud_event(notice: Notice, origin: str) -> bytes:
    """The notice as a CloudEvents 1.0 JSON document. `origin`: where the app is reached, without a slash at its end."""
    data = notice.data
    at = f"{origin}/api/repairs/{data.repair_id}"
    links = {"repair": at, "result": f"{at}/result", "evidence": f"{at}/evidence"}
    if data.checkpoint is not None:
        links["decide"] = f"{at}/checkpoints/{data.checkpoint.checkpoint_id}"
    for name in data.evidence:
        if name.startswith("screenshot"):
            links["screenshot"] = f"{at}/evidence/{name}"
    event = NoticeEvent(
        id=notice.id,
        type=f"bootmend.{notice.type}",
        source=f"{origin}/api/repairs",
        subject=data.vm_id,
        time=notice.at,
        data=ToldData(**data.model_dump(), links=links),
    )
    return event.model_dump_json().encode()


def signature(key: str, at: Moment, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 over `<t>.<body>`. The time lets a receiver refuse an old delivery."""
    seconds = int(at.timestamp())
    digest = hmac.new(key.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
