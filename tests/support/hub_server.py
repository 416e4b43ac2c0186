"""The part of the Hugging Face hub's HTTP protocol that fetching a file needs, on loopback, in this process.

It serves repositories out of memory: what a model's page says of a commit (`/api/models/OWNER/NAME[/revision/REV]`) and a
file of it (`/OWNER/NAME/resolve/REV/FILE`, HEAD and GET, with the headers by which the client names what it caches).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Repository:
    """One repository: its files at each commit, where its branches stand, and what is wrong with it."""

    commits: dict[str, dict[str, bytes]]
    branches: dict[str, str]
    gated: bool = False
    private: bool = False
    stated: dict[str, str] = field(default_factory=dict)
    """SHA-256 that the hub states of a file, where it is not the file's own."""
    cut: int = 0
    """How many of the next downloads end after half of the file."""
    status: int = 0
    """Where not 0: the answer to everything."""


@dataclass
class Hub:
    """A running hub; `asked` is every request's method, path, user agent and authorisation."""

    address: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, name: str, files: dict[str, bytes], **faults: Any) -> str:
        """Publish a commit of a repository on its main branch; return the commit."""
        commit = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        repository = self.repositories.setdefault(name, Repository({}, {}))
        repository.commits[commit] = files
        repository.branches["main"] = commit
        for fault, value in faults.items():
            setattr(repository, fault, value)
        return commit

    def paths(self, method: str, part: str = "") -> list[str]:
        """Return the paths that were asked by `method` and hold `part`."""
        return [p for m, p, _, _ in self.asked if m == method and part in p]


@contextmanager
def running() -> Iterator[Hub]:
    """Give a hub that listens on a port of its own."""

    class Door(_Door):
        hub: Hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    Door.hub = Hub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Door.hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Door(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        sent = self.headers
        self.hub.asked.append((self.command, path, sent.get("User-Agent", ""), sent.get("Authorization", "")))
        words = path.split("/")
        if words[:2] == ["api", "models"]:
            name, revision = "/".join(words[2:4]), "/".join(words[5:]) or "main"
        elif words[2:3] == ["resolve"]:
            name, revision = "/".join(words[:2]), words[3]
        else:
            return self._refuse(404, "")
        repository = self.hub.repositories.get(name)
        if repository is None or (repository.private and not sent.get("Authorization")):
            return self._refuse(401 if repository is None else 404, "RepoNotFound")
        if repository.status:
            return self._refuse(repository.status, "")
        commit = repository.branches.get(revision, revision)
        if commit not in repository.commits:
            return self._refuse(404, "RevisionNotFound")
        files = repository.commits[commit]
        if words[0] == "api":
            return self._send(_page(name, commit, repository), {"Content-Type": "application/json"})
        if repository.gated and not sent.get("Authorization"):
            return self._refuse(403, "GatedRepo")
        file = "/".join(words[4:])
        if file not in files:
            return self._refuse(404, "EntryNotFound", {"X-Repo-Commit": commit})
        return self._file(repository, commit, file, body=body)

    def _file(self, repository: Repository, commit: str, file: str, *, body: bool) -> None:
        data = repository.commits[commit][file]
        etag = _sha256(repository, file, data)
        heads = {"X-Repo-Commit": commit, "ETag": f'"{etag}"', "X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(data)),
                 "Content-Length": str(len(data)), "Accept-Ranges": "bytes"}  # fmt: skip
        status, begin = 200, 0
        if wanted := self.headers.get("Range", ""):
            begin = int(wanted.removeprefix("bytes=").split("-")[0])
            status = 206
            heads |= {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}",
                      "Content-Length": str(len(data) - begin)}  # fmt: skip
        data = data[begin:]
        if body and repository.cut:
            repository.cut -= 1
            data = data[: len(data) // 2]
            self.close_connection = True
        self._send(data if body else b"", heads, status)

    def _refuse(self, status: int, code: str, heads: dict[str, str] | None = None) -> None:
        said = {"X-Error-Code": code} if code else {}
        self._send(b"", {**said, **(heads or {}), "Content-Length": "0"}, status)

    def _send(self, data: bytes, heads: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **heads}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _sha256(repository: Repository, file: str, data: bytes) -> str:
    return repository.stated.get(file, hashlib.sha256(data).hexdigest())


def _page(name: str, commit: str, repository: Repository) -> bytes:
    siblings = []
    for file, data in repository.commits[commit].items():
        found: dict[str, Any] = {"rfilename": file, "size": len(data), "blobId": hashlib.sha1(data).hexdigest()}
        if file.endswith((".gguf", ".safetensors")):
            found["lfs"] = {"sha256": _sha256(repository, file, data), "size": len(data), "pointerSize": 134}
        siblings.append(found)
    page = {"id": name, "modelId": name, "sha": commit, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0,
            "private": repository.private, "gated": "manual" if repository.gated else False}  # fmt: skip
    return json.dumps(page).encode()
