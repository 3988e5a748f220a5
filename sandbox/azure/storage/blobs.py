"""The blobs of one container, and the blocks that are not a blob yet (Put Block, Put Block List)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.azure.storage.spool import Piece
from sandbox.azure.storage.wire import invalid, missing_blob

_LONGEST_ID = 64


@dataclass(frozen=True)
class Block:
    """One block by the name that its uploader gave it."""

    id: str
    piece: Piece


@dataclass(frozen=True)
class Blob:
    """A committed blob. `md5` is what its writer told, 16 bytes; Put Blob tells it of itself."""

    blocks: tuple[Block, ...]
    md5: bytes | None
    content_type: str
    written_at: datetime
    etag: str

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(block.piece for block in self.blocks)

    @property
    def length(self) -> int:
        return sum(piece.length for piece in self.pieces)


@dataclass
class Container:
    """`blobs` and the uncommitted `blocks`, each by the blob's name."""

    blobs: dict[str, Blob] = field(default_factory=dict)
    blocks: dict[str, dict[str, Block]] = field(default_factory=dict)

    def find(self, name: str) -> Blob:
        """Raises 404. Blocks alone are no blob."""
        if name not in self.blobs:
            raise missing_blob()
        return self.blobs[name]

    def stage(self, name: str, block: Block) -> None:
        """One more block, or one of this id anew. Raises 400 for an id that cannot be."""
        staged = self.blocks.setdefault(name, {})
        _require_id(block.id, staged)
        replaced = staged.get(block.id)
        staged[block.id] = block
        if replaced is not None:
            replaced.piece.drop()

    def listed(self, name: str, wanted: list[tuple[str, str]]) -> tuple[Block, ...]:
        """The blocks of a block list: pairs of Latest, Committed or Uncommitted and an id. Raises 400 for one that is not there."""
        committed = {block.id: block for block in self.blobs[name].blocks} if name in self.blobs else {}
        staged = self.blocks.get(name, {})
        known = {"Latest": committed | staged, "Committed": committed, "Uncommitted": staged}
        found = [known[where].get(block_id) for where, block_id in wanted]
        if None in found:
            raise invalid("InvalidBlockList", "The specified block list is invalid.")
        return tuple(block for block in found if block is not None)

    def commit(self, name: str, blob: Blob) -> None:
        """The blob replaces what was there, and every block that it does not hold is dropped."""
        old = self.blobs.get(name)
        before = {*(old.blocks if old else ()), *self.blocks.pop(name, {}).values()}
        self.blobs[name] = blob
        for block in before - set(blob.blocks):
            block.piece.drop()

    def delete(self, name: str) -> None:
        """Raises 404."""
        for piece in self.find(name).pieces:
            piece.drop()
        del self.blobs[name]


def _require_id(block_id: str, staged: dict[str, Block]) -> None:
    """Base64 of at most 64 bytes, as long as those of the blob's other blocks."""
    try:
        length = len(base64.b64decode(block_id, validate=True))
    except binascii.Error:
        length = 0
    if not 0 < length <= _LONGEST_ID or any(len(known) != len(block_id) for known in staged):
        raise invalid("InvalidBlobOrBlock", "The specified blob or block content is invalid.")


def block_list(text: str) -> list[tuple[str, str]]:
    """What the body of Put Block List names, in its order."""
    return re.findall(r"<(Latest|Committed|Uncommitted)>([^<]+)</\1>", text)
