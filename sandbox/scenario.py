"""One scenario: a VM that fails, what people do, what Azure does meanwhile, and what is expected in the end.

A scenario is one YAML file. What is left out takes the defaults of the models here; mappings merge, lists replace; a
given `people` replaces the whole, and `expect` has no default. Beyond the basic keys:

- `people`: an answer is a word, or `{decision, after: PT20M, by, comment, values}`; `after` counts from the moment at
  which the checkpoint is seen waiting, one minute where it is left out.
- `cancel: {after_step: NAME}` or `{at_checkpoint: NAME}`: the repair is cancelled then.
- `second_request: {after_step: NAME}`: the same VM is requested again, and must get the same repair.
- `meanwhile: [{during: CHECKPOINT | after_step: NAME, happens: vm_recovers | os_disk_swapped | vm_deleted |
  readonly_lock}]`: what others do to the VM.
- `backup.vault`: configured | forbidden | none. `backup.failed_hours_ago`: recovery points younger than that were taken of a
  VM that did not boot. `backup.damaged_hours_ago`: points younger than that hold the damage, though Windows still ran.
- `settings: {NAME: value}`: further environment variables of the Functions host.
- `vm.disk_controllers`: what the OS disk supports, where it is more than the VM's own controller.
- `windows.trouble`: further faults inside Windows (`sandbox.windows.spec`); `windows.sfc_seconds`: how long SFC scans.
- `azure.stale_agent`: the agent's status of the old boot stays visible; `azure.profile` median or p90 durations;
  `azure.factor` stretches them; `azure.seed` picks their jitter. A fault may also hold `code`, `after_acting` and
  `drop_connection`.
- `expect`: `reason_contains`, `diagnosis`, `checkpoints: {NAME: decision}`, `kept` (like `leftovers`, pieces of
  resource ids), `os_disk` (a piece of the id of the VM's OS disk in the end), `no_writes: true` (no write request but
  the read of boot diagnostics), `vm_as_found: true` (power, OS disk and tags are those of the start).
"""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from bootmend.models.repair import Policy
from sandbox.scenario_play import (
    RESERVED_SETTINGS,
    AfterStep,
    Answer,
    AzureSection,
    Backup,
    Cue,
    Expect,
    Meanwhile,
    People,
)
from sandbox.scenario_source import Section, VmSection, WindowsSection
from sandbox.scenario_yaml import Json, ScenarioError, read_mapping

__all__ = ["Scenario", "ScenarioError", "load"]

USUAL_PEOPLE = People(
    approve_repair=Answer(decision="approve"),
    approve_swap=Answer(decision="approve"),
    file_ticket=Answer(decision="filed"),
)


type SettingName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Scenario(Section):
    """A scenario, every value checked."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)] = "corrupt-system-file"
    title: str = "a system file is damaged and SFC can mend it"
    vm: VmSection = VmSection()
    windows: WindowsSection = WindowsSection()
    backup: Backup = Backup()
    start: Literal["http", "event", "alert"] = "http"
    people: People = USUAL_PEOPLE
    policy: Policy = Policy()
    """Checked here; `requested_policy` is what is sent, with nothing filled in."""
    azure: AzureSection = AzureSection()
    cancel: Cue | None = None
    second_request: AfterStep | None = None
    meanwhile: tuple[Meanwhile, ...] = ()
    settings: dict[SettingName, Annotated[str, Field(strict=False, coerce_numbers_to_str=True)]] = {}
    expect: Expect | None = None

    @field_validator("settings")
    @classmethod
    def _not_reserved(cls, value: dict[str, str]) -> dict[str, str]:
        taken = sorted(set(value) & set(RESERVED_SETTINGS))
        if taken:
            raise ValueError(f"{', '.join(taken)}: set by the sandbox itself")
        return value

    def requested_policy(self) -> dict[str, object]:
        """The request's policy as JSON, only what the file gives."""
        return self.policy.model_dump(mode="json", exclude_unset=True)


def load(path: Path) -> Scenario:
    """The scenario in this file. Raises ScenarioError, which names each wrong field with its value."""
    given = read_mapping(path)
    sections = {key: value for key, value in given.items() if value is not None}
    if "people" in given:
        sections.setdefault("people", {})
    try:
        return Scenario.model_validate_json(json.dumps(sections))
    except ValidationError as error:
        raise ScenarioError(path, [_in_words(fault) for fault in error.errors()]) from error


def _in_words(fault: ErrorDetails) -> str:
    where = ""
    for part in fault["loc"]:
        where += f"[{part}]" if isinstance(part, int) else f".{part}" if where else part
    value = json.dumps(fault["input"], ensure_ascii=False, default=str)
    what = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        what = f"this key is not known here; known are {', '.join(_known_keys(fault['loc'][:-1]))}"
    return f"{where or 'the file'}: {value:.200} is wrong: {what[:1].lower()}{what[1:]}"


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    """The keys of the mapping at `path`."""
    schema: Json = Scenario.model_json_schema(mode="validation")
    assert isinstance(schema, dict)
    place: Json = schema
    for part in path:
        place = _inside(schema, place, part)
    properties = _resolved(schema, place).get("properties")
    return sorted(properties) if isinstance(properties, dict) else []


def _inside(schema: dict[str, Json], place: Json, part: int | str) -> Json:
    mapping = _resolved(schema, place)
    if isinstance(part, int):
        return mapping.get("items")
    properties = mapping.get("properties")
    return properties.get(part) if isinstance(properties, dict) else None


def _resolved(schema: dict[str, Json], place: Json) -> dict[str, Json]:
    """The object schema behind a reference or an optional one."""
    if not isinstance(place, dict):
        return {}
    choices = place.get("anyOf")
    if isinstance(choices, list):
        place = next((one for one in choices if isinstance(one, dict) and one.get("type") != "null"), {})
    reference = place.get("$ref")
    definitions = schema.get("$defs")
    if isinstance(reference, str) and isinstance(definitions, dict):
        found = definitions.get(reference.rsplit("/", 1)[-1])
        return found if isinstance(found, dict) else {}
    return place
