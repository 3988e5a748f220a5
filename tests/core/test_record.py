"""Values at a boundary: frozen, times with a zone, written in UTC with Z."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bootmend.models.record import Moment, Record, Request
from bootmend.models.repair import StepRecord


class Seen(Record):
    at: Moment


class Asked(Request):
    at: Moment


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"),
        ("2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00Z"),
        ("2026-11-23T13:00:00+01:00", "2026-11-23T12:00:00Z"),
        ("2019-10-14T21:30:12.8051917+00:00", "2019-10-14T21:30:12.805191Z"),
    ],
)
def test_times_are_written_in_utc(text: str, written: str) -> None:
    assert Seen.model_validate({"at": text}).model_dump(mode="json") == {"at": written}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs a zone"):
        Seen.model_validate({"at": "2026-11-23T12:00:00"})


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - a zone is put to it below
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_survives_the_wire(naive: datetime, minutes: int) -> None:
    seen = Seen(at=naive.replace(tzinfo=timezone(timedelta(minutes=minutes))))
    again = Seen.model_validate_json(seen.model_dump_json())
    assert again.at == seen.at
    assert seen.model_dump(mode="json")["at"].endswith("Z")


def test_a_record_ignores_keys_of_a_newer_release_and_a_request_refuses_them() -> None:
    document = {"at": "2026-11-23T12:00:00Z", "newer": 1}
    assert Seen.model_validate(document) == Seen(at=datetime(2026, 11, 23, 12, tzinfo=UTC))
    with pytest.raises(ValidationError, match="newer"):
        Asked.model_validate(document)


def test_a_record_is_frozen() -> None:
    step = StepRecord(name="read_vm", started_at=datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(ValidationError, match="frozen"):
        step.result = "done"  # type: ignore[misc]
    asked = Asked(at=datetime(2026, 11, 23, tzinfo=UTC))
    with pytest.raises(ValidationError, match="frozen"):
        asked.at = datetime(2026, 11, 24, tzinfo=UTC)  # type: ignore[misc]
