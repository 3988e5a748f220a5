"""The rate limits: cap, refill, header names, and the body of a 429."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from azure.core.exceptions import HttpResponseError

from sandbox.azure.errors import ArmError
from sandbox.azure.throttling import Throttle
from sandbox.clock import START
from tests.azure.driver import SOURCE_GROUP, Cloud

# Compute throttling limits, as facts/azure.md tables them: bucket, cap and refill per minute of one VM.
EACH_VM = [("update_vm", 12, 4), ("put_vm", 12, 4), ("delete_vm", 12, 4), ("get_vm", 36, 12), ("get_operation", 45, 15)]


@pytest.mark.parametrize(("bucket", "cap", "refill"), EACH_VM)
def test_cap_and_refill_of_one_vm(bucket: str, cap: int, refill: int) -> None:
    throttle = Throttle()
    for _ in range(cap):
        throttle.take_compute(bucket, "westeurope", "vm", START)
    with pytest.raises(ArmError) as caught:
        throttle.take_compute(bucket, "westeurope", "vm", START)
    wait = int(caught.value.headers["Retry-After"])
    assert wait == pytest.approx(60 / refill, abs=1)
    throttle.take_compute(bucket, "westeurope", "vm", START + timedelta(seconds=wait))
    later = START + timedelta(minutes=2)
    for _ in range(2 * refill - 1):
        throttle.take_compute(bucket, "westeurope", "vm", later)
    with pytest.raises(ArmError):
        throttle.take_compute(bucket, "westeurope", "vm", later)


def test_another_vm_and_another_region_have_their_own() -> None:
    throttle = Throttle()
    for _ in range(12):
        throttle.take_compute("update_vm", "westeurope", "vm-1", START)
    left = throttle.take_compute("update_vm", "westeurope", "vm-2", START)
    assert left["x-ms-ratelimit-remaining-resource"] == (
        "Microsoft.Compute/UpdateVMSubscriptionMaximum;1487,Microsoft.Compute/UpdateVMResource;11"
    )
    left = throttle.take_compute("update_vm", "northeurope", "vm-3", START)
    assert "SubscriptionMaximum;1499" in left["x-ms-ratelimit-remaining-resource"]


def test_a_put_takes_from_the_same_tokens_as_a_start() -> None:
    throttle = Throttle()
    for _ in range(12):
        throttle.take_compute("put_vm", "westeurope", "vm", START)
    with pytest.raises(ArmError):
        throttle.take_compute("update_vm", "westeurope", "vm", START)


def test_a_refused_request_takes_no_token() -> None:
    throttle = Throttle()
    for _ in range(20):
        try:
            throttle.take_compute("delete_vm", "westeurope", "vm", START)
        except ArmError as error:
            refused = error
    assert refused.status == 429
    throttle.take_compute("delete_vm", "westeurope", "vm", START + timedelta(seconds=15))


def test_the_37th_look_at_a_vm_is_answered_429_in_the_flat_shape(in_cloud: Callable[..., Cloud]) -> None:
    async def scene(cloud: Cloud) -> None:
        vm = cloud.sim.vm("vm-web-01").id
        answers = [await cloud.get(cloud.sim.url + vm, "2026-04-01") for _ in range(37)]
        assert [answer.status_code for answer in answers] == [200] * 36 + [429]
        body = answers[-1].json()
        assert body["code"] == "OperationNotAllowed"
        assert body["details"][0]["code"] == "TooManyRequests"
        assert int(answers[-1].headers["Retry-After"]) == 5
        with pytest.raises(HttpResponseError) as caught:
            await cloud.client.virtual_machines.get(SOURCE_GROUP, "vm-web-01")
        assert caught.value.status_code == 429
        cloud.pass_time(seconds=5)
        assert (await cloud.get(cloud.sim.url + vm, "2026-04-01")).status_code == 200

    in_cloud(scene)
