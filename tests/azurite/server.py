"""Azurite, Microsoft's storage emulator: installed here where it is missing, started on loopback with a throw-away certificate."""

import base64
import fcntl
import ipaddress
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, override

from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "node_modules" / ".bin" / "azurite-blob"
ACCOUNT = "devstoreaccount1"
"""The one account that Azurite has from the start."""
CONTAINER = "evidence"
_LISTENS = re.compile(r"successfully listens on (https://\S+)")


class AnyIdentity(AsyncTokenCredential):
    """An Entra ID token as Azurite's `--oauth basic` wants it: issuer, audience and times are looked at, the signature is not."""

    @override
    async def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        now = datetime.now(UTC)
        ends = now + timedelta(hours=1)
        claims = {
            "aud": "https://storage.azure.com",
            "iss": "https://sts.windows.net/72f988bf-86f1-41af-91ab-2d7cd011db47/",
            "iat": int(now.timestamp()) - 60,
            "nbf": int(now.timestamp()) - 60,
            "exp": int(ends.timestamp()),
            "oid": "11111111-2222-3333-4444-555555555555",
            "tid": "72f988bf-86f1-41af-91ab-2d7cd011db47",
        }
        return AccessToken(
            ".".join((_part({"alg": "HS256", "typ": "JWT"}), _part(claims), "eA")), int(ends.timestamp())
        )

    @override
    async def close(self) -> None: ...

    @override
    async def __aexit__(self, *details: object) -> None: ...


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Azurite:
    """A running emulator. `account_url` has the account in its path; `ca_file` is the certificate to trust."""

    account_url: str
    ca_file: Path


@contextmanager
def running(folder: Path, *, in_memory: bool = True) -> Iterator[Azurite]:
    """Azurite until the block ends; what it stores lies in `folder` or in memory, and is gone afterwards."""
    install()
    certificate, key = make_certificate(folder)
    command = [
        str(PROGRAM), "--blobHost", "127.0.0.1", "--blobPort", "0", "--oauth", "basic", "--silent", "--disableTelemetry",
        "--skipApiVersionCheck", "--cert", str(certificate), "--key", str(key),
        *(["--inMemoryPersistence"] if in_memory else ["--location", str(folder)]),
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Azurite(f"{_address(process)}/{ACCOUNT}", certificate)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if found := _LISTENS.search(line):
            return found[1]
    raise AssertionError(f"Azurite did not start: {''.join(said)}")


def install() -> None:
    """Installs what package-lock.json names, once; another test process that does so already is waited for."""
    with (HERE / ".gitignore").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not PROGRAM.exists():
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=600)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, valid for a day, and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


async def make_container(azurite: Azurite, name: str = CONTAINER) -> None:
    """The container, which in Azure the deployment makes."""
    from azure.storage.blob.aio import BlobServiceClient

    trusted = str(azurite.ca_file)
    async with BlobServiceClient(azurite.account_url, AnyIdentity(), connection_verify=trusted) as service:
        await service.create_container(name)
