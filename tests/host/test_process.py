"""The host's process: how it starts, what it says when it cannot, and that it keeps its address."""

import http.client
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.host.process import HostError, HostProcess
from tests.host.world import APPS, KEYS, World

FUNCTIONS = {
    *("shout", "whisper", "fail", "hang_once", "greet", "mirror", "fan_out", "wait_hours", "wait_decision", "outer"),
    *("count_down", "failing", "hanging", "hangs_itself", "calls_nobody", "cruel_parent"),
    *("start", "echo", "literal", "numbered", "secret", "broken", "environment", "on_event", "sweep"),
    *("BuiltIn__HttpActivity", "BuiltIn__HttpPollOrchestrator"),
}
NOWHERE = "127.0.0.1:1"


def app_of(folder: Path, source: str, host_json: str | None = None) -> Path:
    (folder / "function_app.py").write_text("import azure.functions as func\n" + source, encoding="utf-8")
    if host_json:
        (folder / "host.json").write_text(host_json, encoding="utf-8")
    return folder


def test_every_function_of_the_app_is_indexed(shared_world: World) -> None:
    status = shared_world.call("GET", "/admin/host/status", key=KEYS.master).json()
    assert status["state"] == "Running"
    assert set(status["functions"]) == FUNCTIONS
    assert shared_world.call("GET", "/admin/host/status").status == 401


def test_a_host_keeps_its_address_over_a_restart(world: World) -> None:
    before = world.host.url
    assert world.host.running
    world.host.kill()
    assert not world.host.running
    world.host.start()
    assert world.host.url == before
    assert world.call("GET", "/api/echo/a/b").status == 203


def test_a_running_host_is_not_started_twice(shared_world: World) -> None:
    with pytest.raises(HostError, match="runs already"):
        shared_world.host.start()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no settings')", "RuntimeError: no settings"),
        ("app = func.FunctionApp()\nother = func.FunctionApp()", "exactly one function app"),
        (
            "app = func.FunctionApp()\n@app.queue_trigger(arg_name='m', queue_name='q', connection='c')\n"
            "def on_message(m: func.QueueMessage) -> None: ...",
            "on_message has a binding that this host does not serve: queueTrigger",
        ),
        (
            "app = func.FunctionApp()\n@app.route('a/{b:regex}')\ndef odd(req: func.HttpRequest) -> str: return ''",
            "cannot match",
        ),
        (
            "app = func.FunctionApp()\n@app.timer_trigger(arg_name='t', schedule='%UNSET%')\n"
            "def tick(t: func.TimerRequest) -> None: ...",
            "the app setting UNSET is not set",
        ),
    ],
    ids=["raises", "two-apps", "queue", "route", "setting"],
)
def test_an_app_that_cannot_be_served_says_why(tmp_path: Path, source: str, reason: str) -> None:
    host = HostProcess(app_of(tmp_path, source), NOWHERE, {})
    with pytest.raises(HostError, match=reason):
        host.start()
    assert not host.running


def test_the_route_prefix_comes_from_host_json(tmp_path: Path) -> None:
    source = (
        "app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n"
        "@app.route('hello')\ndef hello(req: func.HttpRequest) -> str:\n    return 'hello'"
    )
    app = app_of(tmp_path, source, '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}')
    command = [sys.executable, "-m", "sandbox.host", "--app", str(app), "--engine", NOWHERE]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(APPS.parents[2])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().split()[-1]
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/hello")
        body = connection.getresponse().read()
        connection.close()
        process.terminate()
    assert body == b"hello"
