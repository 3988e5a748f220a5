"""Blob Storage: what each request is, whether it may be, and what comes of it."""

import base64
from xml.sax.saxutils import escape

from sandbox.azure.authorization import Assignments, Role
from sandbox.azure.errors import ArmError
from sandbox.azure.faults import Faults, strike
from sandbox.azure.identity import Identity
from sandbox.azure.storage.blobs import Blob, Block, Container, block_list
from sandbox.azure.storage.sas import Delegation
from sandbox.azure.storage.spool import read
from sandbox.azure.storage.wire import (
    HTTP_TIME,
    Answer,
    Ask,
    Operation,
    StorageError,
    document,
    invalid,
    missing_blob,
)
from sandbox.azure.world import FaultSpec, WorldSpec
from sandbox.clock import VirtualClock

ACCOUNT, CONTAINER = "stbootmend", "evidence"
_SERVICES = "Microsoft.Storage/storageAccounts/blobServices"
_BLOBS = f"{_SERVICES}/containers/blobs"
_KEY = f"{_SERVICES}/generateUserDelegationKey/action"
CONTRIBUTOR, DELEGATOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "db58b8e5-c6ad-4a2a-8342-4190687cbf4a"
BUILT_IN = {
    CONTRIBUTOR: Role(
        CONTRIBUTOR,
        "Storage Blob Data Contributor",
        (f"{_SERVICES}/containers/read", f"{_SERVICES}/containers/write", f"{_SERVICES}/containers/delete", _KEY),
        (),
        (f"{_BLOBS}/read", f"{_BLOBS}/write", f"{_BLOBS}/delete", f"{_BLOBS}/move/action", f"{_BLOBS}/add/action"),
    ),
    DELEGATOR: Role(DELEGATOR, "Storage Blob Delegator", (_KEY,), ()),
}
"""By the ids by which the templates assign them (Azure built-in roles for Storage)."""


class StorageService:
    """One storage account with the container of the evidence. Guarded by its server's one thread."""

    def __init__(self, clock: VirtualClock, spec: WorldSpec, identity: Identity) -> None:
        self.delegation = Delegation()
        self.used: list[str] = []
        """The names of the operations that were carried out, in their order."""
        self._clock = clock
        self._identity = identity
        self._faults = Faults(tuple(fault for fault in spec.faults if is_of_storage(fault)))
        self._containers = {CONTAINER: Container()}
        self._id = f"{spec.group_id(spec.repair_group)}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
        self._assignments = Assignments(BUILT_IN)
        self._written = 0
        # As infra/modules/evidence_storage.bicep assigns them.
        self._assignments.assign(DELEGATOR, self._id)
        if spec.evidence_writable:
            self._assignments.assign(CONTRIBUTOR, self._scope(CONTAINER))

    def add(self, fault: FaultSpec) -> None:
        self._faults.add(fault)

    def stored(self, name: str) -> bytes:
        """The whole content of a blob of the evidence, whoever may read it. Raises StorageError where there is none."""
        blob = self._containers[CONTAINER].find(name)
        return b"".join(read(blob.pieces, 0, blob.length))

    def admit(self, ask: Ask) -> Operation:
        """What the request is, if it may be. Raises StorageError, or ConnectionDroppedError where the scenario says so."""
        operation = self._operation(ask)
        self._authorize(ask, operation)
        if ask.container and ask.container not in self._containers:
            raise StorageError(404, "ContainerNotFound", "The specified container does not exist.")
        return operation

    def carry_out(self, ask: Ask, operation: Operation) -> Answer:
        """Do it; what raises is as of `admit`."""
        fault = self._faults.take(f"Microsoft.Storage/{operation.name}")
        if fault is not None and not fault.after_acting:
            _strike(fault)
        answer = operation.act(ask)
        self.used.append(operation.name)
        if fault is not None:
            _strike(fault)
        return answer

    def _operation(self, ask: Ask) -> Operation:
        kind = (ask.method, ask.query.get("restype", ""), ask.query.get("comp", ""))
        blobs = {
            ("PUT", "", ""): Operation("PutBlob", f"{_BLOBS}/write", True, "cw", self._put),
            ("PUT", "", "block"): Operation("PutBlock", f"{_BLOBS}/write", True, "cw", self._put_block),
            ("PUT", "", "blocklist"): Operation("PutBlockList", f"{_BLOBS}/write", True, "cw", self._put_block_list),
            ("GET", "", "blocklist"): Operation("GetBlockList", f"{_BLOBS}/read", True, "r", self._get_block_list),
            ("GET", "", ""): Operation("GetBlob", f"{_BLOBS}/read", True, "r", self._get),
            ("HEAD", "", ""): Operation("GetBlobProperties", f"{_BLOBS}/read", True, "r", self._head),
            ("DELETE", "", ""): Operation("DeleteBlob", f"{_BLOBS}/delete", True, "d", self._delete),
        }
        containers = {("GET", "container", "list"): Operation("ListBlobs", f"{_BLOBS}/read", True, "", self._list)}
        accounts = {
            ("POST", "service", "userdelegationkey"): Operation("GetUserDelegationKey", _KEY, False, "", self._key)
        }
        found = (blobs if ask.blob else containers if ask.container else accounts).get(kind)
        if found is None or ask.account != ACCOUNT:
            raise invalid("UnsupportedQueryParameter", f"{' '.join(kind)} is not served here under this path.")
        return found

    def _authorize(self, ask: Ask, operation: Operation) -> None:
        if "authorization" in ask.headers:
            self._require_token(ask)
        elif "sig" in ask.query and operation.sas:
            self.delegation.check(ask, operation.sas, self._clock.now())
        elif "sig" in ask.query:
            raise StorageError(403, "AuthorizationResourceTypeMismatch", "This signature is of a blob alone.")
        else:
            raise StorageError(
                409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )
        # A signature grants no more than what the identity may do that asked for its key.
        scope = self._scope(ask.container) if ask.container else self._id
        if not self._assignments.permits(operation.action, scope, is_data=operation.is_data):
            message = "This request is not authorized to perform this operation using this permission."
            raise StorageError(403, "AuthorizationPermissionMismatch", message)

    def _require_token(self, ask: Ask) -> None:
        try:
            self._identity.check_storage(ask.headers["authorization"], self._clock.now())
        except ArmError as refusal:
            raise StorageError(401, "InvalidAuthenticationInfo", refusal.message, refusal.headers) from None

    def _scope(self, container: str) -> str:
        return f"{self._id}/blobServices/default/containers/{container}"

    def _container(self, ask: Ask) -> Container:
        return self._containers[ask.container]

    def _key(self, ask: Ask) -> Answer:
        answer = self.delegation.key(ask, self._clock.now())
        assert ask.body
        ask.body.drop()
        return answer

    def _put(self, ask: Ask) -> Answer:
        assert ask.body
        told = ask.headers.get("x-ms-blob-content-md5")
        md5 = base64.b64decode(told) if told else ask.body.md5
        return self._commit(ask, (Block("", ask.body),), md5)

    def _put_block(self, ask: Ask) -> Answer:
        assert ask.body
        self._container(ask).stage(ask.blob, Block(ask.query.get("blockid", ""), ask.body))
        return Answer(201, {"Content-MD5": base64.b64encode(ask.body.md5).decode()})

    def _put_block_list(self, ask: Ask) -> Answer:
        """The whole's MD5 is what the caller says: the service does not compute it (Put Block List)."""
        blocks = self._container(ask).listed(ask.blob, block_list(ask.text()))
        told = ask.headers.get("x-ms-blob-content-md5")
        answer = self._commit(ask, blocks, base64.b64decode(told) if told else None)
        assert ask.body
        ask.body.drop()
        return answer

    def _commit(self, ask: Ask, blocks: tuple[Block, ...], md5: bytes | None) -> Answer:
        kind = ask.headers.get("x-ms-blob-content-type") or "application/octet-stream"
        now = self._clock.now()
        self._written += 1
        blob = Blob(blocks, md5, kind, now, f'"0x{self._written:016X}"')
        self._container(ask).commit(ask.blob, blob)
        return Answer(201, _identity_headers(blob))

    def _get(self, ask: Ask) -> Answer:
        blob = self._container(ask).find(ask.blob)
        wanted = ask.headers.get("x-ms-range") or ask.headers.get("range")
        if not wanted:
            return Answer(200, _headers(blob), content=blob.pieces, end=blob.length)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last) + 1 if last else blob.length, blob.length)
        if start >= blob.length:
            told = {"Content-Range": f"bytes */{blob.length}"}
            raise StorageError(416, "InvalidRange", "The range specified is invalid for the current size.", told)
        headers = _headers(blob)
        headers["x-ms-blob-content-md5"] = headers.pop("Content-MD5", "")
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.length}"
        return Answer(206, {k: v for k, v in headers.items() if v}, content=blob.pieces, start=start, end=end)

    def _head(self, ask: Ask) -> Answer:
        blob = self._container(ask).find(ask.blob)
        return Answer(200, _headers(blob), end=blob.length)

    def _delete(self, ask: Ask) -> Answer:
        self._container(ask).delete(ask.blob)
        return Answer(202)

    def _get_block_list(self, ask: Ask) -> Answer:
        container = self._container(ask)
        blob, staged = container.blobs.get(ask.blob), container.blocks.get(ask.blob, {})
        if blob is None and not staged:
            raise missing_blob()
        wanted = ask.query.get("blocklisttype", "committed")
        committed = blob.blocks if blob and wanted != "uncommitted" else ()
        parts = [("CommittedBlocks", committed), ("UncommittedBlocks", tuple(staged.values()))]
        if wanted == "committed":
            del parts[1]
        shown = "".join(f"<{name}>{''.join(map(_block, blocks))}</{name}>" for name, blocks in parts)
        return Answer(200, {"Content-Type": "application/xml"}, document(f"<BlockList>{shown}</BlockList>"))

    def _list(self, ask: Ask) -> Answer:
        """All in one page, in the order of their names. What has blocks alone is not listed."""
        prefix = ask.query.get("prefix", "")
        found = sorted(item for item in self._container(ask).blobs.items() if item[0].startswith(prefix))
        listed = f"<Blobs>{''.join(_listed(name, blob) for name, blob in found)}</Blobs><NextMarker/>"
        body = f'<EnumerationResults ContainerName="{ask.container}"><Prefix>{escape(prefix)}</Prefix>{listed}'
        return Answer(200, {"Content-Type": "application/xml"}, document(f"{body}</EnumerationResults>"))


def is_of_storage(fault: FaultSpec) -> bool:
    """Whether a fault strikes Blob Storage: its operation is `Microsoft.Storage/` and the reference's name, PutBlock."""
    return fault.operation.startswith("Microsoft.Storage/")


def _strike(fault: FaultSpec) -> None:
    try:
        strike(fault)
    except ArmError as refusal:
        raise StorageError(refusal.status, refusal.code, refusal.message, refusal.headers) from None


def _headers(blob: Blob) -> dict[str, str]:
    told = {"Content-Type": blob.content_type, "x-ms-blob-type": "BlockBlob", "Accept-Ranges": "bytes"}
    if blob.md5 is not None:
        told["Content-MD5"] = base64.b64encode(blob.md5).decode()
    return told | _identity_headers(blob)


def _identity_headers(blob: Blob) -> dict[str, str]:
    return {"ETag": blob.etag, "Last-Modified": blob.written_at.strftime(HTTP_TIME)}


def _block(block: Block) -> str:
    return f"<Block><Name>{escape(block.id)}</Name><Size>{block.piece.length}</Size></Block>"


def _listed(name: str, blob: Blob) -> str:
    shown = {**_headers(blob), "Content-Length": str(blob.length), "BlobType": "BlockBlob"}
    known = ("Last-Modified", "Content-Length", "Content-Type", "Content-MD5", "BlobType")
    told = "".join(f"<{part}>{escape(shown[part])}</{part}>" for part in known if part in shown)
    properties = f"<Properties><Etag>{escape(blob.etag)}</Etag>{told}</Properties>"
    return f"<Blob><Name>{escape(name)}</Name>{properties}</Blob>"
