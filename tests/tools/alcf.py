"""ALCF's batch routes as it documents them, for a peer to answer with."""

from __future__ import annotations

from typing import Any

from tests.tools.peer import Seen

RESULT = {
    "results_file": "/eagle/p/out/in_toy_b1/in_1.results.jsonl",
    "progress_file": "/eagle/p/out/in_toy_b1/in_1.progress.json",
    "metrics": {"num_responses": 2, "lines_processed": 2},
}


class Alcf:
    """A batch goes through these states."""

    def __init__(self, *states: str, result: Any = RESULT) -> None:
        self.states = list(states)
        self.result = result

    def __call__(self, request: Seen) -> tuple[int, Any]:
        match request.method, request.path.removeprefix("/resource_server"):
            case "POST", "/sophia/vllm/v1/batches":
                return 200, {"batch_id": "b1", "input_file": request.body["input_file"]}
            case "GET", "/v1/batches/b1":
                return 200, {"status": self.states.pop(0)}
            case "GET", "/v1/batches/b1/result":
                return 200, self.result
        return 404, {"detail": "Not Found"}
