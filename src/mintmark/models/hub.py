"""Models of the Hugging Face hub (extra `hub`): one GGUF model of a repository, fetched into the hub's own cache."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from ..core.errors import MintmarkError, MissingExtra, ModelError
from ..core.fingerprint import file_sha256
from .installed import Origin, Pulled, joined, remember_origin
from .local_files import choose, installed_as, require_gguf

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Listing:
    """A repository at one commit: its files' sizes, and their SHA-256 where the hub states it."""

    commit: str
    sizes: Mapping[str, int | None]
    stated: Mapping[str, str]


def is_repository(name: str) -> bool:
    """Tell whether `name` has the form of a repository's name, `OWNER/NAME`."""
    return _REPO.fullmatch(name) is not None


def pull_repository(
    repo: str, *, file: str | None = None, revision: str | None = None, sha256: str | None = None
) -> Pulled:
    """Make one model of a repository lie in the hub's cache with the content that the hub states, and write down its name.

    A recipe then names it `local/FILE.gguf`. The revision is resolved to a commit, once, and the commit is what is
    written down. Nothing is copied out of the hub's cache. `HF_TOKEN`, `HF_ENDPOINT`, `HF_HUB_OFFLINE` and `HF_HOME` of
    the environment hold; the library's telemetry is off.

    Args:
        repo: `OWNER/NAME`.
        file: which of its GGUF files; not needed where it holds one model. Of a split model any part means all.
        revision: a branch, a tag or a commit; the main branch where not given.
        sha256: what the file must be.

    Raises:
        MissingExtra: huggingface_hub is not installed.
        ModelError: the hub cannot be reached or refuses; no such repository, revision or file; several models and none
            named; other content than stated by hub or user; a model of that name is there already; disk full.
    """
    where = f"pull {repo}"
    with _library(repo, where) as hub:
        offline = bool(hub.constants.HF_HUB_OFFLINE)
        api = hub.HfApi(library_name="mintmark", library_version=version("mintmark"))
        listing = _cached(hub, repo, revision, where) if offline else _asked(hub, api, repo, revision)
        if "modules.json" in listing.sizes and not any(f.endswith(".gguf") for f in listing.sizes):
            remedy = f"run `hf download {repo}` and write the folder that it prints as `embed/FOLDER`"
            raise ModelError("holds a model that embeds, no GGUF file", where=where, remedy=remedy)
        files = choose(listing.sizes, file, where=where)
        name = PurePosixPath(files[0]).name
        stated = [listing.stated[f] for f in files if f in listing.stated]
        # Before gigabytes are fetched for nothing; where the hub states no hash, this waits until they are here.
        if len(stated) == len(files) and (there := installed_as(name, joined(stated), stated=sha256, where=where)):
            return Pulled(there, fetched=False)
        found = [_fetched(api, repo, listing, f, offline=offline, where=where) for f in files]
        seen = joined([hashed for _, hashed in found])
        there = installed_as(name, seen, stated=sha256, where=where)
        if there is None:
            remember_origin(name, Origin(repo, listing.commit, files[0], seen, found[0][0]))
    return Pulled(there or found[0][0], fetched=True)


def _asked(hub: Any, api: Any, repo: str, revision: str | None) -> _Listing:
    info = api.model_info(repo, revision=revision, files_metadata=True, timeout=hub.constants.HF_HUB_ETAG_TIMEOUT)
    return _Listing(
        str(info.sha),
        {s.rfilename: s.size for s in info.siblings},
        {s.rfilename: s.lfs.sha256 for s in info.siblings if s.lfs is not None},
    )


def _cached(hub: Any, repo: str, revision: str | None, where: str) -> _Listing:
    """Return what the hub's cache holds of a repository, for a machine without a network."""
    folder = Path(hub.constants.HF_HUB_CACHE) / f"models--{repo.replace('/', '--')}"
    snapshots = {p.name: p for p in folder.glob("snapshots/*") if _COMMIT.fullmatch(p.name)}
    reference = folder / "refs" / (revision or "main")
    commit = revision or ""
    if commit not in snapshots and reference.is_file():
        commit = reference.read_text(encoding="utf-8").strip()
    elif revision is None and len(snapshots) == 1:  # a file that was fetched by its commit leaves no branch behind
        commit = next(iter(snapshots))
    if commit not in snapshots:
        raise ModelError(
            f"is not in the hub's cache at the revision {revision or 'main'}, and HF_HUB_OFFLINE is set", where=where,
            allowed=[f"--revision {c}" for c in snapshots] or None, remedy=f"looked in {folder}",
        )  # fmt: skip
    found = {p.relative_to(snapshots[commit]).as_posix(): p for p in snapshots[commit].rglob("*") if p.is_file()}
    # A file of the cache is a link to one that is named by its hash, or by another where it is small.
    named = {f: p.readlink().name for f, p in found.items() if p.is_symlink()}
    return _Listing(
        commit,
        {f: p.stat().st_size for f, p in found.items()},
        {f: n for f, n in named.items() if _SHA256.fullmatch(n)},
    )


def _fetched(api: Any, repo: str, listing: _Listing, file: str, *, offline: bool, where: str) -> tuple[Path, str]:
    """Return where a file lies in the hub's cache and its SHA-256, which is the one that the hub states."""
    stated = listing.stated.get(file)
    path = Path(api.hf_hub_download(repo, file, revision=listing.commit)).absolute()
    seen = file_sha256(path)
    if stated not in (None, seen) and not offline:  # the library does not look into what lies in its cache
        api.hf_hub_download(repo, file, revision=listing.commit, force_download=True)
        seen = file_sha256(path)
    if stated not in (None, seen):
        raise ModelError(
            f"{file} is not the file that the hub states: its SHA-256 differs", where=where, got=seen, allowed=stated,
            remedy=f"nothing was installed; remove {path}",
        )  # fmt: skip
    require_gguf(path, where=where)
    return path, seen


@contextmanager
def _library(repo: str, where: str) -> Iterator[Any]:
    """Give huggingface_hub with its telemetry off; what goes wrong inside becomes one error that says what to do."""
    try:
        import huggingface_hub as hub
        from huggingface_hub import constants, errors
    except ImportError as e:
        raise MissingExtra("huggingface_hub", "hub", where=where) from e
    except ValueError as e:  # it reads its environment when it is imported
        raise ModelError(
            f"huggingface_hub cannot read its environment ({e})", where=where, remedy="check the variables HF_..."
        ) from e
    before, constants.HF_HUB_DISABLE_TELEMETRY = constants.HF_HUB_DISABLE_TELEMETRY, True
    try:
        yield hub
    except MintmarkError:
        raise
    except Exception as e:  # the library's own, and those of whichever HTTP client its version uses
        raise _explained(e, repo, constants.ENDPOINT, errors, where) from e
    finally:
        constants.HF_HUB_DISABLE_TELEMETRY = before


def _explained(error: Exception, repo: str, endpoint: str, errors: Any, where: str) -> ModelError:
    """Return the error for people. A request's headers hold the token, so of what was sent nothing is said."""
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    status = getattr(getattr(error, "response", None), "status_code", None)
    page, nothing = f"{endpoint}/{repo}", "nothing was installed"
    if isinstance(error, errors.GatedRepoError):
        remedy = f"accept its terms at {page}, then set HF_TOKEN to a token of that account"
        return ModelError("is gated: its owner decides who may fetch it", where=where, remedy=remedy)
    if isinstance(error, errors.RevisionNotFoundError):
        return ModelError("has no such revision", where=where, remedy=f"its branches and tags are listed at {page}")
    if isinstance(error, errors.EntryNotFoundError):
        return ModelError("holds no such file at that revision", where=where, remedy=f"see {page}/tree/main")
    if isinstance(error, errors.RepositoryNotFoundError) or status == 404:
        remedy = "check the name; for a private one set HF_TOKEN"
        return ModelError(f"{endpoint} shows no such repository", where=where, remedy=remedy)
    if status in (401, 403):
        remedy = f"set HF_TOKEN to a token that may read {page}"
        return ModelError(f"{endpoint} refuses with {status}", where=where, remedy=remedy)
    if status is not None:
        return ModelError(f"{endpoint} answers {status}", where=where, remedy=f"{nothing}; try again later")
    what = next((line for line in str(error).splitlines() if line.strip()), "")
    if isinstance(error, getattr(errors, "HTTPError", ())):  # not reached, or cut off
        remedy = "check the network, HF_ENDPOINT and proxy, or set HF_HUB_OFFLINE=1 to use what the hub's cache holds"
        return ModelError(f"{endpoint} cannot be reached ({type(error).__name__})", where=where, remedy=remedy)
    if isinstance(error, OSError):
        return ModelError(f"cannot be fetched: {error.strerror or what}", where=where, remedy=nothing)
    return ModelError(f"{endpoint} does not answer as a hub ({type(error).__name__})", where=where, remedy=nothing)
