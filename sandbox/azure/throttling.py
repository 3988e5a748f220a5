"""Azure's rate limits as token buckets on the virtual clock (Compute throttling limits; Azure Resource Manager throttling)."""

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.azure.errors import ArmError
from sandbox.azure.wire import stamp


@dataclass(frozen=True)
class Limit:
    """One bucket: what the header calls it, where its tokens are kept, how many it holds and gains each minute."""

    label: str
    store: str
    capacity: int
    per_minute: float
    each_resource: bool = False


def _vm(label: str, store: str, own: tuple[int, int], shared: tuple[int, int]) -> tuple[Limit, ...]:
    return (
        Limit(f"{label}SubscriptionMaximum", f"{store}/subscription", shared[1], shared[0]),
        Limit(f"{label}Resource", f"{store}/resource", own[1], own[0], each_resource=True),
    )


def _disks(label: str, in_3_minutes: int, in_30_minutes: int) -> tuple[Limit, ...]:
    return (
        Limit(f"{label}3Min", f"{label}/3", in_3_minutes, in_3_minutes / 3),
        Limit(f"{label}30Min", f"{label}/30", in_30_minutes, in_30_minutes / 30),
    )


# The update bucket is one, whatever its label: a PUT takes from the same tokens as a start.
COMPUTE = {
    "put_vm": _vm("PutVM", "update", (4, 12), (500, 1500)),
    "update_vm": _vm("UpdateVM", "update", (4, 12), (500, 1500)),
    "delete_vm": _vm("DeleteVM", "delete", (4, 12), (500, 1500)),
    "get_vm": _vm("LowCostGet", "get", (12, 36), (8000, 24000)),
    "get_operation": tuple(reversed(_vm("GetOperation", "operation", (15, 45), (5000, 15000)))),
    "list_vms": (Limit("HighCostGetSubscriptionMaximum", "list/subscription", 900, 300),),
    "get_disk": _disks("LowCostGet", 15000, 120000),
    "put_disk": _disks("CreateUpdateDisks", 1000, 8000),
    "put_snapshot": _disks("HighCostSnapshotCreateHydrate", 1000, 8000),
    "delete_disk": _disks("DeleteDisks", 3000, 24000),
    "get_disk_operation": _disks("GetOperation", 50000, 400000),
    "subscription_info": (Limit("GetSubscriptionInfo3Min", "info/3", 360, 120),),
}

_READS = (Limit("x-ms-ratelimit-remaining-subscription-global-reads", "reads", 3750, 22500),)
_WRITES = (
    Limit("x-ms-ratelimit-remaining-subscription-global-writes", "global writes", 3000, 9000),
    Limit("x-ms-ratelimit-remaining-subscription-writes", "writes", 200, 600),
)
_DELETES = (Limit("x-ms-ratelimit-remaining-subscription-deletes", "deletes", 800, 600),)
MANAGER = {"GET": _READS, "PUT": _WRITES, "POST": _WRITES, "PATCH": _WRITES, "DELETE": _DELETES}


@dataclass
class _Bucket:
    tokens: float
    at: datetime


class Throttle:
    """All buckets. A request takes one token from each of its limits, or from none."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take_compute(self, name: str, region: str, resource: str, now: datetime) -> dict[str, str]:
        """Headers that tell what is left. Raises ArmError 429 in Compute's flat shape."""
        left, short = self._take(COMPUTE[name], region, resource, now)
        header = {"x-ms-ratelimit-remaining-resource": ",".join(f"Microsoft.Compute/{label};{n}" for label, n in left)}
        if short:
            raise _too_many(*short, now, header)
        return header

    def take_manager(self, method: str, now: datetime) -> dict[str, str]:
        """The same for Resource Manager's own limits on a subscription."""
        left, short = self._take(MANAGER.get(method, ()), "", "", now)
        header = {label: str(count) for label, count in left}
        if short:
            wait = str(short[1])
            message = (
                f"Number of requests for the subscription exceeded the limit. Please try again after '{wait}' seconds."
            )
            raise ArmError(429, "SubscriptionRequestsThrottled", message, headers={**header, "Retry-After": wait})
        return header

    def _take(
        self, limits: tuple[Limit, ...], region: str, resource: str, now: datetime
    ) -> tuple[list[tuple[str, int]], tuple[Limit, int] | None]:
        filled = [self._fill(limit, resource if limit.each_resource else region, now) for limit in limits]
        short = [
            (limit, math.ceil((1 - bucket.tokens) * 60 / limit.per_minute))
            for limit, bucket in zip(limits, filled, strict=True)
            if bucket.tokens < 1
        ]
        if not short:
            for bucket in filled:
                bucket.tokens -= 1
        left = [(limit.label, int(bucket.tokens)) for limit, bucket in zip(limits, filled, strict=True)]
        return left, max(short, key=lambda pair: pair[1]) if short else None

    def _fill(self, limit: Limit, owner: str, now: datetime) -> _Bucket:
        bucket = self._buckets.setdefault((limit.store, owner.lower()), _Bucket(limit.capacity, now))
        gained = (now - bucket.at).total_seconds() * limit.per_minute / 60
        bucket.tokens = min(limit.capacity, bucket.tokens + gained)
        bucket.at = now
        return bucket


def _too_many(limit: Limit, wait: int, now: datetime, header: dict[str, str]) -> ArmError:
    measured = {
        "operationGroup": limit.label,
        "startTime": stamp(now),
        "endTime": stamp(now + timedelta(seconds=wait)),
        "allowedRequestCount": limit.capacity,
        "measuredRequestCount": limit.capacity + 1,
    }
    return ArmError(
        429,
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        headers={**header, "Retry-After": str(wait)},
        details=[{"code": "TooManyRequests", "target": limit.label, "message": json.dumps(measured)}],
        flat=True,
    )
