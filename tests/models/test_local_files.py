"""GGUF files of this machine: what lies among the pulled models is exactly what was asked for, or nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mintmark.core.errors import ModelError, ModelNotInstalled
from mintmark.models import local_files, weights

DATA = b"GGUF" + bytes(range(256)) * 20


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give an empty cache, and one small known model."""
    known = weights.KnownWeights(
        name="tiny", package="tiny-model", version="1.0", member="tiny_model/tiny.gguf",
        sha256=hashlib.sha256(DATA).hexdigest(), size=len(DATA), licence="MIT", about="a test",
    )  # fmt: skip
    monkeypatch.setenv("MINTMARK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(weights, "KNOWN", {"tiny": known, "smollm2": weights.KNOWN["smollm2"]})


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_file_is_pulled_from_a_folder_and_named_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "downloads").mkdir()
    file = tmp_path / "downloads" / "mine.gguf"
    file.write_bytes(DATA)
    stated = hashlib.sha256(DATA).hexdigest()
    first = local_files.pull_file(file, sha256=stated.upper())
    assert first.fetched and first.path.read_bytes() == DATA and file.exists()
    assert not local_files.pull_file(file).fetched
    monkeypatch.chdir(tmp_path)
    assert weights.path_of("mine.gguf") == first.path and weights.sha256_of("mine.gguf") == stated
    (tmp_path / "mine.gguf").write_bytes(b"GGUF of this folder")
    assert weights.path_of("mine.gguf") == Path("mine.gguf"), "a file of this folder comes first"
    assert files_below(tmp_path / "home" / "models") == ["files/mine.gguf"]


def test_a_file_with_other_content_is_refused_and_nothing_installed(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    with pytest.raises(ModelError, match="no such file"):
        local_files.pull_file(file)
    file.write_bytes(b"PK is no model")
    with pytest.raises(ModelError, match="no GGUF file"):
        local_files.pull_file(file)
    file.write_bytes(DATA)
    with pytest.raises(ModelError, match="its SHA-256 differs"):
        local_files.pull_file(file, sha256="0" * 64)
    for name in ("tiny.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"):
        named = tmp_path / name
        named.write_bytes(DATA + b"more")
        with pytest.raises(ModelError, match="bears the name of local/"):
            local_files.pull_file(named)
    assert files_below(tmp_path / "home") == []
    local_files.pull_file(file)
    file.write_bytes(DATA + b"more")
    with pytest.raises(ModelError, match="with other content is there already"):
        local_files.pull_file(file)
    assert weights.path_of("mine.gguf").read_bytes() == DATA


def test_a_stated_hash_lets_a_namesake_in(tmp_path: Path) -> None:
    file = written(tmp_path, {"tiny.gguf": DATA + b"more"}) / "tiny.gguf"
    stated = hashlib.sha256(DATA + b"more").hexdigest()
    assert local_files.pull_file(file, sha256=stated).fetched
    assert weights.sha256_of("tiny.gguf") == stated and weights.sha256_of("tiny") != stated


def test_a_folder_s_one_model_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path / "repo", {"config.json": b"{}", "Q4/mine.gguf": DATA, "README.md": b"# Mine"})
    assert local_files.model_in(folder) == folder / "Q4" / "mine.gguf"
    assert local_files.pull_file(local_files.model_in(folder)).path.read_bytes() == DATA


def test_a_folder_of_several_models_asks_which(tmp_path: Path) -> None:
    folder = written(tmp_path / "repo", {"a.Q4.gguf": DATA, "a.Q8.gguf": DATA * 1000})
    with pytest.raises(ModelError, match=r"holds 2 models; allowed: a.Q4.gguf \(0 MB\), a.Q8.gguf \(5 MB\); name one"):
        local_files.model_in(folder)
    assert local_files.model_in(folder, file="a.Q8.gguf") == folder / "a.Q8.gguf"
    with pytest.raises(ModelError, match=r"holds no such file, got 'a.Q9.gguf'.*did you mean"):
        local_files.model_in(folder, file="a.Q9.gguf")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"config.json": b"{}"}, "holds no GGUF file"),
        ({"modules.json": b"[]", "model.safetensors": b""}, r"a model that embeds.*write `embed/"),
        ({"m-00001-of-00002.gguf": DATA}, "is not whole: there is no m-00002-of-00002.gguf"),
        ({"m-00002-of-00002.gguf": DATA}, "is not whole: there is no m-00001-of-00002.gguf"),
    ],
)
def test_a_folder_without_a_whole_model(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        local_files.model_in(written(tmp_path / "repo", files))


def test_a_split_model_is_one_model(tmp_path: Path) -> None:
    parts = {f"m-0000{i}-of-00002.gguf": DATA + bytes([i]) for i in (1, 2)}
    folder = written(tmp_path / "repo", parts)
    pulled = local_files.pull_file(local_files.model_in(folder, file="m-00002-of-00002.gguf"))
    assert pulled.path.name == "m-00001-of-00002.gguf" and files_below(pulled.path.parent) == sorted(parts)
    assert not local_files.pull_file(folder / "m-00001-of-00002.gguf").fetched
    before = weights.sha256_of("m-00001-of-00002.gguf")
    second = pulled.path.with_name("m-00002-of-00002.gguf")
    second.write_bytes(DATA + b"other")
    assert weights.sha256_of("m-00001-of-00002.gguf") != before, "every part is part of what the model is"
    second.unlink()
    with pytest.raises(ModelNotInstalled, match=r"part 2 of m-00001-of-00002.gguf is missing"):
        weights.path_of("m-00001-of-00002.gguf")
    with pytest.raises(ModelError, match=r"is a later part of a model; name the first, m-00001-of-00002.gguf"):
        weights.path_of(str(folder / "m-00002-of-00002.gguf"))
    with pytest.raises(ModelError, match="of which one SHA-256 says nothing"):
        local_files.pull_file(folder / "m-00001-of-00002.gguf", sha256="0" * 64)
