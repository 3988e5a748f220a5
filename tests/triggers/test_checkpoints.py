"""A checkpoint is answered once, in time, by whom it may be; everything else is a clear refusal that changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from tests.triggers.live import Live, live

GUARDED = {"BOOTMEND_EASY_AUTH": "true"}
FOUR_EYES = {**GUARDED, "BOOTMEND_REQUESTER_MAY_APPROVE": "false"}
ASKED = {"checkpoints": {"approve_repair": "manual"}}
APPROVE = {"decision": "approve", "by": "ada"}


def signed_in(name: str) -> dict[str, str]:
    return {"X-MS-CLIENT-PRINCIPAL-NAME": name}


def waiting(app: Live, headers: dict[str, str] | None = None) -> str:
    """The path of a repair that waits at approve_repair."""
    made = app.call("POST", "/api/repairs", {"vm_id": app.vm_id, "policy": ASKED}, headers)
    path = f"/api/repairs/{made.body['id']}"
    app.pass_time(lambda: app.call("GET", path).body["awaiting"] is not None)
    return path


def answered_by(app: Live, path: str) -> dict[str, Any]:
    app.pass_time(lambda: app.call("GET", f"{path}/result").status != 202)
    found: dict[str, Any] = app.call("GET", f"{path}/result").body["checkpoints"][0]
    return found


def test_wrong_late_repeated_and_unknown_answers_are_refused_and_change_nothing() -> None:
    with live(people={}) as app:
        path = waiting(app)
        wrong = app.call("POST", f"{path}/checkpoints/approve_repair-1", {"decision": "perhaps", "by": "ada"})
        assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "decision")
        assert app.call("POST", f"{path}/checkpoints/approve_repair-2", APPROVE).status == 404
        assert app.call("POST", f"{path}/checkpoints/approve_swap", APPROVE).status == 404
        assert app.call("POST", f"{path}/checkpoints/approve_repair-1", {"decision": "approve"}).status == 422
        assert app.call("POST", "/api/repairs/nonsense/checkpoints/x", APPROVE).status == 404
        assert app.call("GET", path).body["awaiting"]["checkpoint_id"] == "approve_repair-1"
        reject = {"decision": "reject", "by": "bo"}
        taken = app.call("POST", f"{path}/checkpoints/approve_repair-1", reject)
        assert taken.status == 202
        assert taken.body["deadline"].startswith("2026-11-23T12:0")
        app.wait(timedelta(seconds=1))
        assert app.call("POST", f"{path}/checkpoints/approve_repair-1", APPROVE).status == 409
        record = answered_by(app, path)
        assert (record["decision"], record["by"], record["claimed"]) == ("reject", "bo", True)


def test_an_answer_after_the_deadline_comes_too_late() -> None:
    with live(people={}) as app:
        path = waiting(app)
        app.wait(timedelta(hours=4))
        assert app.call("POST", f"{path}/checkpoints/approve_repair-1", APPROVE).status == 409
        assert answered_by(app, path)["by"] == "nobody"


@pytest.mark.parametrize(("settings", "by", "claimed"), [({}, "ada", True), (GUARDED, "eve@example.com", False)])
def test_a_principal_is_believed_only_where_the_platform_guards_the_header(
    settings: dict[str, str], by: str, claimed: bool
) -> None:
    with live(settings, people={}) as app:
        path = waiting(app)
        reject = {"decision": "reject", "by": "ada"}
        app.call("POST", f"{path}/checkpoints/approve_repair-1", reject, signed_in("eve@example.com"))
        record = answered_by(app, path)
        assert (record["by"], record["claimed"]) == (by, claimed)


def test_who_asked_may_not_approve_where_the_settings_say_so() -> None:
    with live(FOUR_EYES, people={}) as app:
        path = waiting(app, signed_in("ada@example.com"))
        for headers in ({}, signed_in("Ada@Example.com")):
            refused = app.call("POST", f"{path}/checkpoints/approve_repair-1", APPROVE, headers)
            assert refused.status == 403
            assert "BOOTMEND_REQUESTER_MAY_APPROVE" in refused.body["detail"]
        assert app.call("GET", path).body["awaiting"] is not None
        other = app.call("POST", f"{path}/checkpoints/approve_repair-1", APPROVE, signed_in("bo@example.com"))
        assert other.status == 202


def test_who_asked_may_always_reject() -> None:
    with live(FOUR_EYES, people={}) as app:
        path = waiting(app, signed_in("ada@example.com"))
        reject = {"decision": "reject", "by": "x"}
        own = app.call("POST", f"{path}/checkpoints/approve_repair-1", reject, signed_in("ada@example.com"))
        assert own.status == 202
        assert answered_by(app, path)["by"] == "ada@example.com"
