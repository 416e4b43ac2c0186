"""The hub: what is fetched is what the hub states, from a known commit; what goes wrong is said and leaves nothing."""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.hub_server import Hub, running

from mintmark.core.errors import MissingExtra, ModelError, ModelNotInstalled
from mintmark.models import hub, installed, weights
from mintmark.models.gguf import GgufModel

DATA = b"GGUF" + bytes(range(256)) * 2000
REPO = "maker/mine-GGUF"
HOME = str(installed.cache_dir())
"""Where the embedded weights lie, before any test sets another place."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Give a hub on loopback, and a client library that knows of no other: it reads its environment when imported."""
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed; run `pip install 'mintmark[hub]'`")

    def ours(name: str) -> bool:
        return name == "huggingface_hub" or name.startswith("huggingface_hub.")

    before = {name: sys.modules.pop(name) for name in list(sys.modules) if ours(name)}
    with running() as found, pytest.MonkeyPatch.context() as m:
        for name in [n for n in os.environ if n.startswith(("HF_", "HUGGING"))]:
            m.delenv(name)
        m.setenv("HF_ENDPOINT", found.address)
        m.setenv("HF_HOME", str(tmp_path_factory.mktemp("hf")))
        constants = importlib.import_module("huggingface_hub.constants")
        assert found.address == constants.ENDPOINT
        yield found
    for name in [n for n in sys.modules if ours(n)]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture
def at(served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Give the hub, empty, with caches of this test's own."""
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.chdir(tmp_path)
    served.repositories.clear()
    served.asked.clear()
    return served


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def records(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in (tmp_path / "home" / "models").rglob("*") if p.is_file())


def test_a_model_is_fetched_once_and_named_from_anywhere(at: Hub, tmp_path: Path) -> None:
    commit = at.add(REPO, {"mine.Q4.gguf": DATA, "config.json": b"{}", "model.safetensors": b"x" * 99})
    first = hub.pull_repository(REPO)
    assert first.fetched and first.path.read_bytes() == DATA
    assert weights.path_of("mine.Q4.gguf") == first.path and tmp_path / "hf" in first.path.parents
    assert records(tmp_path) == ["mine.Q4.gguf.json"], "the weights are not doubled"
    assert hub.pull_repository(REPO) == installed.Pulled(first.path, fetched=False)
    assert len(at.paths("GET", "resolve")) == 1, "and nothing else of the repository"
    identity = GgufModel("mine.Q4.gguf").identity
    assert identity == {"id": REPO, "revision": commit, "sha256": sha256(DATA), "context_tokens": 2048}


def test_a_branch_that_moves_changes_no_identity(at: Hub) -> None:
    at.add(REPO, {"mine.gguf": DATA, "README.md": b"one"})
    hub.pull_repository(REPO)
    before = GgufModel("mine.gguf").identity
    second = at.add(REPO, {"mine.gguf": DATA, "README.md": b"two"})
    assert not hub.pull_repository(REPO).fetched and GgufModel("mine.gguf").identity == before
    at.add(REPO, {"mine.gguf": DATA + b"other weights"})
    assert GgufModel("mine.gguf").identity == before
    with pytest.raises(ModelError, match=r"other content is there already; remove .*mine\.gguf\.json"):
        hub.pull_repository(REPO)
    assert not hub.pull_repository(REPO, revision=second).fetched
    installed.record_path("mine.gguf").unlink()
    assert hub.pull_repository(REPO, revision=second).path.read_bytes() == DATA
    assert GgufModel("mine.gguf").identity["revision"] == second


def test_several_models_are_listed(at: Hub) -> None:
    at.add(REPO, {"a.Q4.gguf": DATA, "sub/a.Q8.gguf": DATA * 10})
    with pytest.raises(
        ModelError, match=r"holds 2 models; allowed: a.Q4.gguf \(1 MB\), sub/a.Q8.gguf \(5 MB\); name one"
    ):
        hub.pull_repository(REPO)
    assert hub.pull_repository(REPO, file="sub/a.Q8.gguf").path.name == "a.Q8.gguf"
    assert weights.sha256_of("a.Q8.gguf") == sha256(DATA * 10)
    with pytest.raises(ModelError, match=r"holds no such file, got 'a.Q5.gguf'"):
        hub.pull_repository(REPO, file="a.Q5.gguf")


def test_all_parts_of_a_split_model_are_fetched(at: Hub) -> None:
    parts = {f"Q8/m-0000{i}-of-00003.gguf": DATA + bytes([i]) for i in (1, 2, 3)}
    at.add(REPO, parts)
    pulled = hub.pull_repository(REPO)
    assert [p.read_bytes() for p in installed.part_names(pulled.path)] == list(parts.values())
    assert weights.path_of("m-00001-of-00003.gguf") == pulled.path
    assert GgufModel("m-00001-of-00003.gguf").identity["sha256"] == sha256(
        "".join(sha256(p) for p in parts.values()).encode()
    )
    pulled.path.with_name("m-00003-of-00003.gguf").unlink()
    with pytest.raises(ModelNotInstalled, match=r"no longer in the hub's cache .*run `mintmark models pull maker"):
        weights.path_of("m-00001-of-00003.gguf")
    at.add("maker/half-GGUF", {"h-00001-of-00002.gguf": DATA})
    with pytest.raises(ModelError, match=r"is not whole: there is no h-00002-of-00002\.gguf"):
        hub.pull_repository("maker/half-GGUF")


def test_a_stated_hash_is_held_against_the_hub_s_before_anything_is_fetched(at: Hub, tmp_path: Path) -> None:
    at.add(REPO, {"mine.gguf": DATA})
    with pytest.raises(ModelError, match="is not the file that was asked for: its SHA-256 differs"):
        hub.pull_repository(REPO, sha256="0" * 64)
    assert not at.paths("GET", "resolve") and not records(tmp_path)
    assert hub.pull_repository(REPO, sha256=sha256(DATA).upper()).fetched


def test_other_content_than_the_hub_states_is_refused(at: Hub, tmp_path: Path) -> None:
    at.add(REPO, {"mine.gguf": DATA}, stated={"mine.gguf": "5" * 64})
    with pytest.raises(ModelError, match=r"is not the file that the hub states.*nothing was installed; remove"):
        hub.pull_repository(REPO)
    assert not records(tmp_path)
    at.add("maker/page", {"mine.gguf": b"<html>please sign in</html>"})
    with pytest.raises(ModelError, match="is no GGUF file"):
        hub.pull_repository("maker/page")
    assert not records(tmp_path)


def test_a_known_model_s_namesake_needs_its_hash(at: Hub) -> None:
    at.add(REPO, {"SmolLM2-135M-Instruct.Q4_1.gguf": DATA})
    with pytest.raises(ModelError, match=r"bears the name of local/smollm2 and is not that file.*state its --sha256"):
        hub.pull_repository(REPO)
    assert hub.pull_repository(REPO, sha256=sha256(DATA)).fetched


def test_half_a_file_in_the_cache_is_fetched_anew(at: Hub) -> None:
    at.add(REPO, {"mine.gguf": DATA})
    blob = hub.pull_repository(REPO).path.resolve()
    blob.write_bytes(DATA[: len(DATA) // 2])
    with pytest.raises(ModelNotInstalled, match="no longer in the hub's cache as it was pulled"):
        weights.path_of("mine.gguf")
    assert hub.pull_repository(REPO).fetched and weights.path_of("mine.gguf").read_bytes() == DATA
    assert len(at.paths("GET", "resolve")) == 2


def test_a_download_that_is_cut_off_goes_on(at: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda s: None)
    at.add(REPO, {"mine.gguf": DATA}, cut=2)
    assert hub.pull_repository(REPO).path.read_bytes() == DATA
    at.add("maker/cut", {"cut.gguf": DATA}, cut=99)
    with pytest.raises(ModelError, match=r"cannot be reached \(RemoteProtocolError\); check the network"):
        hub.pull_repository("maker/cut")
    with pytest.raises(ModelNotInstalled):
        weights.path_of("cut.gguf")


@pytest.mark.parametrize(
    ("faults", "asked", "said"),
    [
        ({"gated": True}, {}, "is gated: its owner decides.*accept its terms at http.*then set HF_TOKEN"),
        ({"private": True}, {}, "shows no such repository; check the name; for a private one set HF_TOKEN"),
        ({}, {"revision": "v9"}, "has no such revision"),
        ({}, {"revision": "../../x"}, "has no such revision"),
        ({}, {"file": "none.gguf"}, "holds no such file"),
        ({"status": 401}, {}, "refuses with 401; set HF_TOKEN"),
        ({"status": 403}, {}, "refuses with 403; set HF_TOKEN"),
        ({"status": 500}, {}, "answers 500; nothing was installed; try again later"),
    ],
)
def test_what_the_hub_refuses(
    at: Hub, tmp_path: Path, faults: dict[str, object], asked: dict[str, str], said: str
) -> None:
    at.add(REPO, {"mine.gguf": DATA}, **faults)
    with pytest.raises(ModelError, match=said):
        hub.pull_repository(REPO, **asked)
    assert not records(tmp_path)


def test_a_repository_that_is_none_or_holds_no_model(at: Hub) -> None:
    with pytest.raises(ModelError, match=r"pull maker/none: http://127.*shows no such repository"):
        hub.pull_repository("maker/none")
    at.add(REPO, {"config.json": b"{}"})
    with pytest.raises(ModelError, match="holds no GGUF file; look for a repository whose name ends with -GGUF"):
        hub.pull_repository(REPO)
    at.add(REPO, {"modules.json": b"[]", "model.safetensors": b""})
    with pytest.raises(ModelError, match=r"a model that embeds.*`hf download maker/mine-GGUF`"):
        hub.pull_repository(REPO)


def test_a_token_is_sent_and_never_said_or_written(at: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_very_secret")
    at.add(REPO, {"mine.gguf": DATA}, gated=True)
    assert hub.pull_repository(REPO).fetched
    assert {token for _, _, _, token in at.asked} == {"Bearer hf_very_secret"}
    at.add("maker/refused", {"other.gguf": DATA}, status=403)
    with pytest.raises(ModelError) as error:
        hub.pull_repository("maker/refused")
    assert "hf_very_secret" not in str(error.value)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"hf_very_secret" in p.read_bytes()]


def test_no_telemetry(at: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setenv("AI_AGENT", "somebody")
    at.add(REPO, {"mine.gguf": DATA})
    hub.pull_repository(REPO)
    assert {agent.split(";")[0].split("/")[0] for _, _, agent, _ in at.asked} == {"mintmark"}
    assert not [agent for _, _, agent, _ in at.asked if "agent" in agent or "torch" in agent]
    assert all(path.startswith(("api/models/maker/", "maker/")) for _, path, _, _ in at.asked)
    assert constants.HF_HUB_DISABLE_TELEMETRY is False, "the user's own use of the library is left as it was"


def test_a_full_disk(at: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at.add(REPO, {"mine.gguf": DATA})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as m:
        m.setattr("huggingface_hub.file_download.http_get", full)
        with pytest.raises(
            ModelError, match="pull maker/mine-GGUF: cannot be fetched: No space left on device; nothing was"
        ):
            hub.pull_repository(REPO)
    assert not records(tmp_path)
    assert hub.pull_repository(REPO).fetched


def test_a_cleared_cache_says_what_to_run(at: Hub) -> None:
    commit = at.add(REPO, {"mine.gguf": DATA})
    hub.pull_repository(REPO).path.unlink()
    with pytest.raises(ModelNotInstalled) as error:
        weights.path_of("mine.gguf", where="model `writer`")
    assert str(error.value).startswith("model `writer`: local/mine.gguf is no longer in the hub's cache")
    assert str(error.value).endswith(f"run `mintmark models pull {REPO} --file mine.gguf --revision {commit}`")
    assert hub.pull_repository(REPO, file="mine.gguf", revision=commit).fetched


def test_a_file_of_this_folder_comes_first(at: Hub, tmp_path: Path) -> None:
    at.add(REPO, {"mine.gguf": DATA})
    hub.pull_repository(REPO)
    (tmp_path / "mine.gguf").write_bytes(b"GGUF of this folder")
    assert GgufModel("mine.gguf").identity["id"] == "local/file"
    assert weights.path_of("mine.gguf") == Path("mine.gguf")


def test_without_a_network_the_cache_serves(at: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = importlib.import_module("huggingface_hub.constants")
    library = importlib.import_module("huggingface_hub")
    first = at.add(REPO, {"mine.gguf": DATA})
    library.hf_hub_download(REPO, "mine.gguf")  # as another program of the user's would
    at.asked.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    pulled = hub.pull_repository(REPO)
    assert pulled.fetched and pulled.path.read_bytes() == DATA and not at.asked
    assert GgufModel("mine.gguf").identity["revision"] == first
    assert not hub.pull_repository(REPO, revision=first).fetched
    (tmp_path / "hf" / "models--maker--mine-GGUF" / "refs" / "main").unlink()
    assert not hub.pull_repository(REPO).fetched, "there is one commit, and no branch is named"
    for repo, revision in ((REPO, "dev"), ("maker/other", None)):
        with pytest.raises(ModelError, match=r"is not in the hub's cache .*HF_HUB_OFFLINE is set.*looked in"):
            hub.pull_repository(repo, revision=revision)
    pulled.path.resolve().write_bytes(DATA[:99])
    with pytest.raises(ModelError, match="is not the file that the hub states"):
        hub.pull_repository(REPO)


def test_the_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra) as error:
        hub.pull_repository(REPO)
    assert str(error.value) == (
        "pull maker/mine-GGUF: needs the package `huggingface_hub`; run `pip install 'mintmark[hub]'`"
    )


def test_names_of_repositories() -> None:
    for name in ("Qwen/Qwen3-0.6B-GGUF", "a/b", "01-ai/Yi_1.5"):
        assert hub.is_repository(name)
    for name in (
        "smollm2",
        "a/b/c",
        "./a",
        "../a",
        "/a/b",
        "a/",
        "~/a",
        "a b/c",
        "https://huggingface.co/a/b",
        "\u0430/b",
    ):
        assert not hub.is_repository(name), name


@pytest.fixture
def command(at: Hub, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `mintmark models` in a process of its own, with the environment as a user sets it."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "HF_ENDPOINT": at.address, "HF_HOME": str(tmp_path / "user"), **environment}
        line = [sys.executable, "-m", "mintmark", "models", *words]
        return subprocess.run(line, env=env, capture_output=True, text=True, check=False)

    return run


def test_the_command(at: Hub, tmp_path: Path, command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    commit = at.add(REPO, {"mine.gguf": DATA})
    first = command("pull", REPO)
    assert first.returncode == 0 and first.stdout.startswith(f"local/mine.gguf is ready: {tmp_path}/user/hub/models--")
    assert f"mine.gguf of {REPO} at commit {commit}" in first.stderr
    again = command("pull", REPO, HF_HUB_OFFLINE="1")
    assert again.returncode == 0 and "is ready already" in again.stdout
    gone = command("pull", REPO, HF_ENDPOINT="http://127.0.0.1:9")
    assert gone.returncode == 1 and "http://127.0.0.1:9 cannot be reached (ConnectError)" in gone.stderr
    wrong = command("pull", REPO, HF_ENDPOINT="http://[::1")
    assert wrong.returncode == 1 and "check the variables HF_" in wrong.stderr
    assert "Traceback" not in gone.stderr + wrong.stderr


@pytest.mark.embedded
def test_the_embedded_weights_from_a_hub_answer(
    at: Hub, command: Callable[..., subprocess.CompletedProcess[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed; run `pip install 'mintmark[local]'`")
    with monkeypatch.context() as m:
        m.setenv("MINTMARK_HOME", HOME)
        try:
            path = weights.path_of("smollm2")
        except ModelNotInstalled as e:
            pytest.skip(str(e))
    at.add("maker/SmolLM2-GGUF", {"SmolLM2-135M-Instruct.Q4_1.gguf": path.read_bytes()})
    pulled = command("pull", "maker/SmolLM2-GGUF")
    assert pulled.returncode == 0, pulled.stderr
    asked = ("Name three fruits.", "--temperature", "0", "--max-tokens", "12")
    said = command("try", "local/SmolLM2-135M-Instruct.Q4_1.gguf", *asked)
    assert said.returncode == 0 and len(said.stdout) > 10, said.stderr
    assert said.stdout == command("try", "local/smollm2", *asked, MINTMARK_HOME=HOME).stdout
