"""goldpan mock-endpoint: a model that is none, to rehearse with before a real one is paid for."""

from __future__ import annotations

import json
import signal
import sys
from typing import Annotated

import typer

from agent.cli.terminal import out
from memory.errors import BadInput

NAME = "rehearsal"
_ENDS = {signal.SIGINT, signal.SIGTERM}


def mock_endpoint(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 0,
    latency: Annotated[float, typer.Option(min=0, help="Seconds until a reply begins.")] = 0.2,
    fail: Annotated[
        str, typer.Option(help="Faults and their shares of all requests: 429=0.1,hang=0.05")
    ] = "",
    seed: Annotated[int, typer.Option(help="Draws which request meets which fault.")] = 0,
    key_env: Annotated[
        str, typer.Option(help="Variable that holds the only key it accepts; none: any key.")
    ] = "",
    model: Annotated[str, typer.Option(help="Name of the one model it has.")] = NAME,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print url and model as one line of JSON.")
    ] = False,
) -> None:
    """Serve an endpoint on this machine that answers by rules, until Ctrl-C.

    It speaks the real protocol, streams and fails as real ones do, and costs nothing.
    """
    from agent.settings import variable
    from tools.endpoints.mock import Faults, MockEndpoint
    from tools.endpoints.mock.rehearsal import Rehearsal

    key = variable(key_env) if key_env else ""
    if key_env and not key:
        raise BadInput(f"The variable {key_env} is not set.", "Set it to any text, as the key.")
    try:
        faults = Faults.parse(fail, seed)
    except ValueError as fault:
        raise BadInput(f"--fail {fail}: {fault}.") from None
    # Waited for, not handled: nothing is to be saved here, and nothing to be said.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    try:
        serving = MockEndpoint(
            Rehearsal(), latency=latency, faults=faults, key=key, models=(model,),
            port=port, keep=False,
        )  # fmt: skip
    except OSError as fault:
        raise BadInput(f"Port {port} cannot be had: {fault.strerror}.", "Try --port 0.") from None
    with serving:
        if as_json:
            sys.stdout.write(json.dumps({"url": serving.url, "model": model}) + "\n")
        else:
            out().print(f"A rehearsal model answers at {serving.url} until Ctrl-C.", markup=False)
            out().print(
                "In goldpan.toml:\n", _section(serving.url, model, key_env), sep="\n", markup=False
            )
        sys.stdout.flush()
        ended = signal.sigwait(_ENDS)
    raise typer.Exit(128 + ended)


def _section(url: str, model: str, key_env: str) -> str:
    """What to paste in goldpan.toml."""
    fields = {"kind": "compatible", "url": url, "model": model}
    if key_env:
        fields["key_env"] = key_env
    told = "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
    roles = f'[roles]\nteacher = "{NAME}"\njudge = "{NAME}"\n'
    return f"{roles}\n[endpoints.{NAME}]\n{told}price_in = 0\nprice_out = 0\n"
