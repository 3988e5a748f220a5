"""Notifications: who wants them, what they say, how each was delivered."""

from typing import Annotated, Literal

from pydantic import Field

from bootmend.models.record import Moment, Record, Request
from bootmend.models.repair import Awaiting, Outcome, StartedBy

NoticeType = Literal["repair.started", "checkpoint.waiting", "repair.finished"]
NOTICE_TYPES: tuple[NoticeType, ...] = ("repair.started", "checkpoint.waiting", "repair.finished")

CallbackUrl = Annotated[str, Field(min_length=1, max_length=4096, examples=["https://hooks.example.com/bootmend"])]


class SubscriptionRequest(Request):
    """POST /api/subscriptions. `repair_id`: of this repair only. `once`: the subscription ends with its first notification."""

    callback_url: CallbackUrl
    events: Annotated[tuple[NoticeType, ...], Field(min_length=1, max_length=10)] = NOTICE_TYPES
    repair_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}-[0-9a-f]{12}$")] | None = None
    once: bool = False


class EndRequest(Request):
    """POST /api/subscriptions/end: for callers that know their callback URL and nothing else."""

    callback_url: CallbackUrl


class Subscription(Record):
    """As it is stored. The URL may hold a secret of its caller's: it is read by the delivery alone, and shown to nobody."""

    id: str
    callback_url: str
    events: tuple[NoticeType, ...]
    repair_id: str | None = None
    once: bool = False


class SubscriptionView(Record):
    """A subscription as its maker sees it; of the URL only the host."""

    id: str
    host: str
    events: tuple[NoticeType, ...]
    repair_id: str | None = None
    once: bool = False


class NoticeData(Record):
    """The event's `data`."""

    repair_id: str
    vm_id: str
    started_by: StartedBy
    reason: str = ""
    outcome: Outcome | None = None
    checkpoint: Awaiting | None = None
    evidence: tuple[str, ...] = ()


class Notice(Record):
    """One thing that is told. The id is the same at each delivery, so that a receiver can drop a second one."""

    id: str
    type: NoticeType
    at: Moment
    data: NoticeData


class ToldData(NoticeData):
    """`links`: addresses of the repair, its result and evidence; `decide` and `screenshot` where there is something to."""

    links: dict[str, str]


class NoticeEvent(Record):
    """A notice as it is sent: a CloudEvents 1.0 event in structured JSON form."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    type: str
    source: str
    subject: str
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    data: ToldData


class Recipients(Record):
    """Who gets a notice: ids of subscriptions, and `event_topic` for the Event Grid topic of the settings."""

    ids: tuple[str, ...] = ()


class Deliver(Record):
    """One attempt to deliver a notice to one recipient."""

    recipient: str
    notice: Notice
    at: Moment


class Delivery(Record):
    """What came of an attempt: `gone` where nobody is subscribed any more, `refused` where trying again is of no use."""

    state: Literal["delivered", "again", "refused", "gone"]
    why: str = ""
    retry_after: float | None = None
