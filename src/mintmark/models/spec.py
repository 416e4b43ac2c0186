"""Spec strings to models: `local/smollm2`, `openai/gpt-5-mini`, `http://host:8000/v1#qwen3` ..."""

from __future__ import annotations

from collections.abc import Callable

from ..core.errors import ModelError, nearest
from ..core.settings import ModelSpec
from .base import Model

PROVIDERS: dict[str, tuple[str, str | None]] = {
    "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": ("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": ("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": ("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "groq": ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "together": ("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "fireworks": ("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "ollama": ("http://127.0.0.1:11434/v1", None),
}
"""Providers that speak the OpenAI protocol: address and the environment variable of the key."""


def build(spec: ModelSpec, *, where: str = "") -> Model:
    """Return the model that a recipe's entry names; nothing is opened or sent.

    Raises:
        ModelError: for a spec that names no known kind of model.

    Example:
        >>> build(ModelSpec(spec="http://127.0.0.1:8000/v1#qwen3")).identity
        {'address': 'http://127.0.0.1:8000/v1', 'name': 'qwen3'}
    """
    text = spec.spec
    if text.startswith(("http://", "https://")):
        base_url, _, name = text.partition("#")
        if not name:
            raise ModelError(
                "an address needs the model's name after `#`", where=where, got=text,
                remedy=f"write `{text}#NAME`; the server's `/models` lists its names",
            )  # fmt: skip
        return _http(spec, base_url, name, spec.api_key_env, {"address": base_url.rstrip("/"), "name": name})
    kind, _, name = text.partition("/")
    maker = _MAKERS.get(kind)
    if maker is not None and name:
        return maker(spec, name)
    if kind in PROVIDERS and name:
        base_url, key_env = PROVIDERS[kind]
        return _http(spec, base_url, name, spec.api_key_env or key_env, {"id": text})
    known = [*_MAKERS, *PROVIDERS]
    raise ModelError(
        f"`{text}` names no model", where=where, remedy=nearest(kind, known),
        allowed=", ".join(f"{k}/NAME" for k in known) + ", http://HOST/v1#NAME",
    )  # fmt: skip


def _http(spec: ModelSpec, base_url: str, name: str, key_env: str | None, identity: dict[str, str]) -> Model:
    from .http import HttpModel

    if spec.id is not None:
        identity = {"id": spec.id}
    model = HttpModel(
        spec.spec, base_url, name, api_key_env=key_env, identity=identity, timeout_s=spec.timeout_s,
        max_in_flight=spec.max_in_flight or 32, schema_mode=spec.schema_mode, can_score=spec.can_score,
    )  # fmt: skip
    if spec.batch:
        from .batch import BatchApiModel

        return BatchApiModel(model)
    return model


def _local(spec: ModelSpec, name: str) -> Model:
    from .gguf import GgufModel

    return GgufModel(name)


def _embed(spec: ModelSpec, name: str) -> Model:
    from . import embed

    kinds: dict[str, type[Model]] = {"tfidf": embed.TfidfModel, "minilm": embed.MiniLmModel}
    if name not in kinds and ("/" in name or name.startswith((".", "~"))):
        from .embed_folder import FolderModel

        return FolderModel(name)
    if name not in kinds:
        raise ModelError(f"`{spec.spec}` names no model", remedy=nearest(name, kinds), allowed=[*kinds, "./FOLDER"])
    return kinds[name]()


def _scripted(spec: ModelSpec, name: str) -> Model:
    from .scripted import ScriptedModel

    return ScriptedModel(name)


def _sandbox(spec: ModelSpec, name: str) -> Model:
    from .sandboxed import SandboxModel

    if name != "python":
        raise ModelError(f"`{spec.spec}` names no sandbox", remedy=nearest(name, ["python"]), allowed="sandbox/python")
    return SandboxModel(spec.max_in_flight)


_MAKERS: dict[str, Callable[[ModelSpec, str], Model]] = {
    "local": _local, "embed": _embed, "sandbox": _sandbox, "scripted": _scripted,
}  # fmt: skip
