"""The two blobs of boot diagnostics: the screenshot and the serial log, under a URL that is signed and expires.

They are read anonymously, with a Range where one is given (Get Blob; Shared access signatures).
"""

import hashlib
import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sandbox.azure.account import Account
from sandbox.azure.bitmap import bitmap
from sandbox.azure.compute.machine import Machine
from sandbox.azure.compute.power import catch_up
from sandbox.azure.wire import Call, Reply

_TIME = "%Y-%m-%dT%H:%M:%SZ"


class BlobService:
    """Signs the URLs and answers them."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def urls(self, machine: Machine, call: Call, minutes: int) -> tuple[str, str]:
        """Where the screenshot and the serial log are for so many minutes."""
        expiry = (self._account.now() + timedelta(minutes=minutes)).strftime(_TIME)
        container = f"bootdiagnostics-{re.sub('[^a-z0-9]', '', machine.name.lower())[:9]}-{machine.vm_id}"
        stem = f"/blobs/{container}/{machine.name}.{machine.vm_id}"
        return self._sign(call, f"{stem}.screenshot.bmp", expiry), self._sign(call, f"{stem}.serialconsole.log", expiry)

    def get(self, call: Call) -> Reply:
        """The blob's bytes, or the part that Range names."""
        if "authorization" in call.headers or not self._signed(call):
            return _refused(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        found = re.search(r"\.([-0-9a-f]{36})\.(screenshot\.bmp|serialconsole\.log)$", call.path)
        machine = next((m for m in self._account.machines.values() if found and m.vm_id == found[1]), None)
        if machine is None or found is None:
            return _refused(404, "BlobNotFound", "The specified blob does not exist.")
        catch_up(self._account, machine)
        picture = found[2] == "screenshot.bmp"
        data = bitmap(machine.screen) if picture else machine.serial.encode()
        return _part(data, call.headers.get("x-ms-range") or call.headers.get("range"))

    def _sign(self, call: Call, path: str, expiry: str) -> str:
        query = {"sv": "2025-11-05", "sr": "b", "sp": "r", "se": expiry, "sig": self._signature(path, expiry)}
        return f"{call.origin}{path}?{urlencode(query)}"

    def _signature(self, path: str, expiry: str) -> str:
        return hashlib.sha256(f"{self._account.seed}/{path}/{expiry}".encode()).hexdigest()

    def _signed(self, call: Call) -> bool:
        expiry = call.query.get("se", "")
        if call.query.get("sig") != self._signature(call.path, expiry):
            return False
        return datetime.fromisoformat(expiry) > self._account.now()


def _part(data: bytes, wanted: str | None) -> Reply:
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "x-ms-blob-type": "BlockBlob"}
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "")
    if not found:
        return Reply(200, raw=data, headers=headers)
    start, end = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
    if start > end:
        reply = _refused(416, "InvalidRange", "The range specified is invalid for the current size of the resource.")
        reply.headers["Content-Range"] = f"bytes */{len(data)}"
        return reply
    return Reply(
        206, raw=data[start : end + 1], headers={**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"}
    )


def _refused(status: int, code: str, message: str) -> Reply:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Reply(status, raw=body.encode(), headers={"Content-Type": "application/xml", "x-ms-error-code": code})
