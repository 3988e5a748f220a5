"""HTTP triggers: routes, keys, and what a function sees and answers."""

import pytest

from tests.host.world import KEYS, World


def test_a_function_sees_the_request_as_it_was_sent(shared_world: World) -> None:
    answer = shared_world.call(
        "PUT",
        "/api/echo/a%20b/c/d%2Fe?x=1&y=2&x=3",
        "the body",
        headers={"Host": "repairs.example.net", "Accept": "text/html"},
    )
    assert answer.json() == {
        "method": "PUT",
        "url": "http://repairs.example.net/api/echo/a%20b/c/d%2Fe?x=1&y=2&x=3",
        "params": {"x": "1,3", "y": "2"},
        "route_params": {"first": "a b", "rest": "c/d%2Fe"},
        "accept": "text/html",
        "body": "the body",
    }


def test_what_a_function_returns_is_the_response(shared_world: World) -> None:
    answer = shared_world.call("GET", "/api/echo/a/b")
    assert answer.status == 203
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-part"] == "echo"


def test_a_returned_text_is_a_plain_200(shared_world: World) -> None:
    answer = shared_world.call("GET", "/api/echo/literal/b")
    assert (answer.status, answer.body) == (200, b"literal")
    assert answer.headers["content-type"].startswith("text/plain")


def test_cookies_and_the_context_are_passed_on(shared_world: World) -> None:
    answer = shared_world.call("GET", "/api/numbered/7/fast")
    assert answer.body == b"numbered {'id': '7', 'kind': 'fast'}"
    assert answer.headers["set-cookie"] == "a=1; Path=/"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/numbered/7", 200),
        ("DELETE", "/api/numbered/7", 200),
        ("OPTIONS", "/api/numbered/7", 200),
        ("HEAD", "/api/numbered/7", 200),
        ("GET", "/API/Numbered/7", 200),
        ("GET", "/api/numbered/seven", 404),
        ("GET", "/api/numbered/7/fast/more", 404),
        ("GET", "/api/numbered", 404),
        ("POST", "/api/echo/a/b", 404),
        ("HEAD", "/api/echo/a/b", 404),
        ("OPTIONS", "/api/echo/a/b", 404),
        ("GET", "/api/echo/a/", 203),
        ("GET", "/api/nothing", 404),
        ("GET", "/echo/a/b", 404),
    ],
)
def test_routes_and_methods(shared_world: World, method: str, path: str, status: int) -> None:
    assert shared_world.call(method, path).status == status


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/secret", "", 401),
        ("/api/secret", KEYS.function, 401),
        ("/api/secret", KEYS.system, 401),
        ("/api/secret", KEYS.master, 200),
        (f"/api/secret?code={KEYS.master}", "", 200),
        (f"/api/secret?code={KEYS.master}", "wrong", 401),
    ],
)
def test_an_admin_function_needs_the_master_key(shared_world: World, path: str, key: str, status: int) -> None:
    assert shared_world.call("GET", path, key=key).status == status


@pytest.mark.parametrize(
    ("key", "status"), [("", 401), ("wrong", 401), (KEYS.system, 401), (KEYS.function, 202), (KEYS.master, 202)]
)
def test_a_function_needs_a_key_unless_anonymous(shared_world: World, key: str, status: int) -> None:
    assert shared_world.call("POST", "/api/start/greet", '"Bob"', key).status == status


def test_a_failure_is_500_without_details_and_stands_in_the_log(world: World) -> None:
    answer = world.call("GET", "/api/broken")
    assert (answer.status, answer.body) == (500, b"")
    world.host.stop()
    assert any("a detail that no caller may see" in line for line in world.host.log())


def test_the_app_sees_its_own_environment_and_folder_only(shared_world: World) -> None:
    seen = shared_world.call("GET", "/api/environment").json()
    assert set(seen["environment"]) == {"EFFECTS", "SWEEP", "LANG"}
    assert seen["folder"].endswith("tests/host/apps/parts")
