"""Indexes function_app.py with the real Python worker's own code and prints what it found as JSON. Run as a program."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.functions import Registry
from azure_functions_runtime.loader import index_function_app, process_indexed_function


class Message(SimpleNamespace):
    """In place of the worker's protobuf messages, which come with the host, not with the package."""

    out, inout, undefined = 1, 2, 0


def main() -> None:
    root = Path(__file__).parents[2]
    sys.path.insert(0, str(root))
    load_binding_registry()
    protos = SimpleNamespace(BindingInfo=Message, RpcFunctionMetadata=Message, RpcRetryOptions=Message)
    functions = index_function_app(str(root / "function_app.py"))
    found, _ = process_indexed_function(protos, Registry(), functions, str(root))
    sys.stdout.write(json.dumps([_row(function) for function in found]))


def _row(function: Any) -> dict[str, Any]:
    bindings = [json.loads(raw) for raw in function.raw_bindings]
    return {
        "name": function.name,
        "script": function.script_file,
        "bindings": {binding["type"]: binding for binding in bindings},
    }


if __name__ == "__main__":
    main()
