"""The plan of a dry run: the article's own commands with placeholders, for every kind of VM, and nothing invented."""

import re

import pytest

from bootmend.articles import critical_process_died as article
from bootmend.articles.article import Machine
from bootmend.decide import UNKNOWN_MEMORY_GB
from bootmend.dry_run import COMMAND_INDENT, dry_run_plan, planned_commands
from bootmend.models.azure import ImageRef
from bootmend.models.decision import Means
from bootmend.models.guest import Plan
from tests.articles import facts

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-prod/providers/Microsoft.Compute"
VM = f"{GROUP}/virtualMachines/vm-web-01"


def means(**changes: object) -> Means:
    usual = Means(
        location="westeurope",
        zone="1",
        os_disk_id=f"{GROUP}/disks/vm-web-01-os",
        os_disk_sku="Premium_LRS",
        was_running=True,
        memory_gb=8,
        generation="V2",
        is_client=False,
        serial_offset=0,
        repair_image=ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku="2022-datacenter-g2"),
        repair_sizes=("Standard_D2s_v5", "Standard_B2ms"),
        security_type="Standard",
        subnet_id="subnet",
        repair_group="rg-bootmend",
        stable_seconds=195,
        boot_minutes=30,
    )
    return usual.model_copy(update=changes)


@pytest.mark.parametrize("generation", ["V1", "V2"])
@pytest.mark.parametrize("memory_gb", [0.5, 8, 416, UNKNOWN_MEMORY_GB])
@pytest.mark.parametrize("is_client", [False, True])
def test_there_is_a_plan_for_every_kind_of_vm(generation: str, memory_gb: float, is_client: bool) -> None:
    lines = planned_commands(means(generation=generation, memory_gb=memory_gb, is_client=is_client))
    scan = "sfc /scannow /offbootdir=<boot>:\\ /offwindir=<windows>:\\Windows"
    assert [line for line in lines if line.startswith(scan)]
    letters = {letter for line in lines for letter in re.findall(r"(?<![A-Za-z/])([A-Z]):", line)}
    assert letters <= {"C"}, "a letter of the model disk shows, other than the broken VM's own"
    assert not re.search(r"0000-0000|000000b", "".join(lines)), "an identifier of the model disk shows"


def test_the_commands_are_those_of_a_real_disk_in_the_article_s_order() -> None:
    """Where a real disk has letters and identifiers, the plan has placeholders; all else is the same."""
    real = article.plan(facts.facts(), Machine(memory_gb=8, generation="V2"))
    assert isinstance(real, Plan)
    assert [_bare(line) for line in planned_commands(means())] == [_bare(line) for line in real.lines]


def _bare(line: str) -> str:
    line = re.sub(
        r"\{?(<boot entry>|<boot volume>|<windows volume>|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", "ID", line
    )
    return re.sub(r"(?<![A-Za-z/])(<boot>|<windows>|[A-Z]):", "LETTER:", line)


def test_it_says_what_would_be_created_where_and_for_how_long() -> None:
    sentences = [line for line in dry_run_plan(VM, means()) if not line.startswith(COMMAND_INDENT)]
    told = "\n".join(sentences)
    for words in ("Created in rg-prod: a snapshot", "Premium_LRS", "Created in rg-bootmend: one repair VM in westeurope",
                  "Standard_D2s_v5, Standard_B2ms", "30 to 80 minutes", "never deleted", "195 s"):  # fmt: skip
        assert words in told


def test_a_vm_found_deallocated_is_not_said_to_be_taken_down() -> None:
    assert "is deallocated already" in "\n".join(dry_run_plan(VM, means(was_running=False)))
