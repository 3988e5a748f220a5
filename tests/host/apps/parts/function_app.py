"""A function app with one function of each kind that the stand-in serves. Effects are lines in the file EFFECTS."""

import json
import os
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from durabletask import task

EFFECTS = Path(os.environ["EFFECTS"])

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


def effect(line: str) -> None:
    with EFFECTS.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


# Activities


@app.activity_trigger(input_name="text")
async def shout(text: str) -> str:
    effect(f"shout {text}")
    return text.upper()


@app.activity_trigger(input_name="text")
def whisper(text: str) -> str:
    effect(f"whisper {text}")
    return text.lower()


@app.activity_trigger(input_name="kind")
def fail(kind: str) -> None:
    if kind == "silent":
        raise TimeoutError
    raise ValueError("the first line\nthe second line")


def stand_still_once(marker: str) -> None:
    """Report through the pipe `marker`.pipe, then block until the process is killed; the second time, go on."""
    if not Path(marker).exists():
        Path(marker).touch()
        Path(f"{marker}.pipe").write_text("here", encoding="utf-8")
        Path(f"{marker}.pipe").read_text(encoding="utf-8")


@app.activity_trigger(input_name="marker")
def hang_once(marker: str) -> str:
    effect("hang_once")
    stand_still_once(marker)
    return "done"


# Orchestrations


@app.orchestration_trigger(context_name="context")
def greet(context: task.OrchestrationContext, name: Any) -> Generator[task.Task[Any], Any, list[str]]:
    loud = yield context.call_activity("shout", input=name)
    quiet = yield context.call_activity("whisper", input=name)
    return [loud, quiet]


@app.orchestration_trigger(context_name="context")
def mirror(context: task.OrchestrationContext, given: Any) -> Any:
    return given


@app.orchestration_trigger(context_name="context")
def fan_out(context: task.OrchestrationContext, count: int) -> Generator[task.Task[Any], Any, int]:
    done = yield task.when_all([context.call_activity("shout", input=f"n{n}") for n in range(count)])
    return len(done)


@app.orchestration_trigger(context_name="context")
def wait_hours(context: task.OrchestrationContext, hours: int) -> Generator[task.Task[Any], Any, list[str]]:
    before = context.current_utc_datetime
    yield context.create_timer(before + timedelta(hours=hours))
    return [before.isoformat(), context.current_utc_datetime.isoformat()]


@app.orchestration_trigger(context_name="context")
def wait_decision(context: task.OrchestrationContext, _: Any) -> Generator[task.Task[Any], Any, Any]:
    context.set_custom_status({"awaiting": "decision"})
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=4))
    decision = context.wait_for_external_event("decision")
    first = yield task.when_any([decision, deadline])
    if first == deadline:
        return "nobody answered"
    deadline.cancel()
    return decision.get_result()


@app.orchestration_trigger(context_name="context")
def outer(context: task.OrchestrationContext, hours: int) -> Generator[task.Task[Any], Any, Any]:
    return (yield context.call_sub_orchestrator("wait_hours", input=hours, instance_id=f"{context.instance_id}:inner"))


@app.orchestration_trigger(context_name="context")
def count_down(context: task.OrchestrationContext, left: int) -> Generator[task.Task[Any], Any, Any]:
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=10))
    if left > 1:
        context.continue_as_new(left - 1)
        return None
    return "zero"


@app.orchestration_trigger(context_name="context")
def failing(context: task.OrchestrationContext, kind: str) -> Generator[task.Task[Any], Any, Any]:
    try:
        yield context.call_activity("fail", input=kind)
    except task.TaskFailedError as error:
        return [error.details.error_type, error.details.message]
    return "a false success"


@app.orchestration_trigger(context_name="context")
def hanging(context: task.OrchestrationContext, marker: str) -> Generator[task.Task[Any], Any, Any]:
    first = yield context.call_activity("shout", input="before")
    second = yield context.call_activity("hang_once", input=marker)
    return [first, second]


@app.orchestration_trigger(context_name="context")
def hangs_itself(context: task.OrchestrationContext, marker: str) -> Generator[task.Task[Any], Any, Any]:
    loud = yield context.call_activity("shout", input="before")
    stand_still_once(marker)
    return loud


@app.orchestration_trigger(context_name="context")
def calls_nobody(context: task.OrchestrationContext, _: Any) -> Generator[task.Task[Any], Any, Any]:
    return (yield context.call_activity("no_such_activity", input=1))


@app.orchestration_trigger(context_name="context")
def cruel_parent(context: task.OrchestrationContext, kind: str) -> Generator[task.Task[Any], Any, Any]:
    try:
        yield context.call_sub_orchestrator("calls_nobody", input=kind)
    except task.TaskFailedError as error:
        return error.details.message
    return "a false success"


# HTTP


@app.route("start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    given = json.loads(req.get_body() or b"null")
    instance_id = await client.schedule_new_orchestration(
        req.route_params["name"], input=given, instance_id=req.params.get("id")
    )
    return client.create_check_status_response(req, instance_id)


@app.route("echo/{first}/{*rest}", methods=["GET", "PUT"], auth_level=func.AuthLevel.ANONYMOUS)
def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route_params": dict(req.route_params),
        "accept": req.headers.get("Accept"),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), status_code=203, mimetype="application/json", headers={"X-Part": "echo"})


@app.route("echo/literal/{*rest}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def literal(req: func.HttpRequest) -> str:
    return "literal"


@app.route("numbered/{id:int}/{kind?}", auth_level=func.AuthLevel.ANONYMOUS)
def numbered(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return func.HttpResponse(f"{context.function_name} {req.route_params}", headers={"Set-Cookie": "a=1; Path=/"})


@app.route("secret", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def secret(req: func.HttpRequest) -> str:
    return "for the master only"


@app.route("broken", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("a detail that no caller may see")


@app.route("environment", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def environment(req: func.HttpRequest) -> str:
    return json.dumps({"environment": dict(os.environ), "folder": str(Path.cwd())})


# Events and timers


@app.event_grid_trigger(arg_name="event")
def on_event(event: func.EventGridEvent) -> None:
    if event.get_json().get("refuse"):
        raise ValueError("refused")
    kind = event.event_type if isinstance(event, func.EventGridEvent) else event.type
    effect(f"event {type(event).__name__} {kind} {event.subject.rpartition('/')[2]} {event.id}")


@app.timer_trigger(schedule="%SWEEP%", arg_name="timer")
@app.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    status = timer.to_dict()["schedule_status"]  # type: ignore[no-untyped-call]
    effect(f"sweep past_due={timer.past_due} {json.dumps(status)}")
    await client.schedule_new_orchestration("greet", input="Sweep")
