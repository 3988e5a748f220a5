"""The repair VM's image never shares a disk identity with the source's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend.models.azure import ImageRef
from bootmend.repair_image import family, repair_image


def server(sku: str) -> ImageRef:
    return ImageRef(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku=sku)


SKUS = (
    "2012-R2-Datacenter", "2012-r2-datacenter-gensecond", "2016-Datacenter", "2019-datacenter-gensecond",
    "2022-datacenter", "2022-datacenter-g2", "2022-datacenter-azure-edition", "2022-datacenter-smalldisk-g2",
    "2025-datacenter", "2025-datacenter-g2", "2025-Datacenter-G2", "2025-datacenter-smalldisk-g2",
    "2025-datacenter-core-g2", "2025-datacenter-core-smalldisk", "2025-datacenter-azure-edition",
    "2025-datacenter-azure-edition-core", "2025-datacenter-azure-edition-core-smalldisk",
    "2025-datacenter-azure-edition-smalldisk",
)  # fmt: skip


@pytest.mark.parametrize("sku", SKUS)
def test_the_repair_image_is_of_another_family_and_not_older(sku: str) -> None:
    image = repair_image(server(sku))
    assert family(image) != family(server(sku))
    assert image.sku.startswith("2025-")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(None, id="unknown: migrated, or from a gallery"),
        pytest.param(
            ImageRef(publisher="MicrosoftWindowsDesktop", offer="windows-11", sku="win11-24h2-ent"), id="a client"
        ),
        pytest.param(
            ImageRef(publisher="MicrosoftSQLServer", offer="sql2022-ws2022", sku="sqldev-gen2"), id="SQL Server"
        ),
    ],
)
def test_any_other_source_gets_the_newest_server(source: ImageRef | None) -> None:
    assert repair_image(source) == repair_image(server("2022-datacenter-g2"))


@given(st.sampled_from(SKUS), st.sampled_from([str.upper, str.lower, str.title]))
def test_spelling_does_not_matter(sku: str, spell: object) -> None:
    assert callable(spell)
    spelt = ImageRef(publisher="x", offer=spell("WindowsServer"), sku=spell(sku))
    assert family(spelt) == family(server(sku))
    assert repair_image(spelt) == repair_image(server(sku))


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        pytest.param("2025-datacenter", "2025-datacenter-g2", True, id="generation suffix"),
        pytest.param("2019-datacenter", "2019-datacenter-gensecond", True, id="old generation suffix"),
        pytest.param("2025-datacenter-g2", "2025-datacenter-smalldisk-g2", True, id="size of the disk"),
        pytest.param("2025-datacenter-g2", "2025-datacenter-core-g2", True, id="core counts as one with the desktop"),
        pytest.param("2022-datacenter-g2", "2025-datacenter-g2", False, id="another release"),
        pytest.param("2025-datacenter", "2025-datacenter-azure-edition", False, id="another edition"),
    ],
)
def test_families(a: str, b: str, same: bool) -> None:
    assert (family(server(a)) == family(server(b))) is same
