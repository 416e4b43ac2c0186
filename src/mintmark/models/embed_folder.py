"""Embeddings by a model of the user's: a folder laid out as sentence-transformers saves it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import orjson

from ..core.errors import ModelError, ModelNotInstalled
from ..core.fingerprint import digest
from .embed import SentenceModel
from .installed import sha256_of_files

_READ = frozenset({".json", ".txt", ".model", ".safetensors"})
"""Endings of the files that decide a vector: settings, words, weights."""
_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})


class FolderModel(SentenceModel):
    """Sentence vectors of a model in a folder; its identity is what its files hold, wherever the folder lies.

    Nothing of the folder is run: a model that brings code of its own, or weights that are a pickle, is refused.

    Args:
        name: the folder, which holds `modules.json` and the modules that it names.

    Raises:
        ModelNotInstalled: there is no such folder.
        ModelError: it is no such model, or would run code.
    """

    def __init__(self, name: str) -> None:
        self.spec = f"embed/{name}"
        self.root = Path(name).expanduser()
        self.identity = {"id": "embed/folder", "digest": self._digest()}

    def folder(self) -> Path:
        """Return the folder, if it is still what it was."""
        if self._digest() != self.identity["digest"]:
            raise ModelError("was changed since it was first read", where=self.spec)
        return self.root

    def _digest(self) -> str:
        files = [f for place in self._places() for f in sorted(place.iterdir()) if f.is_file()]
        weights = [f for f in files if f.suffix == ".safetensors"]
        for pickle in (f for f in files if f.suffix in _PICKLES):
            if not any(w.parent == pickle.parent for w in weights):
                raise ModelError(
                    f"{pickle.name} is a pickle, which may run code", where=self.spec, allowed="weights in .safetensors"
                )
        if not weights:
            raise ModelError("holds no weights", where=self.spec, allowed="weights in .safetensors")
        read = [f for f in files if f.suffix in _READ]
        return digest([[f.relative_to(self.root).as_posix(), sha256_of_files([f])] for f in read])

    def _places(self) -> list[Path]:
        """Return the folder itself and those of its modules."""
        if not self.root.is_dir():
            raise ModelNotInstalled("there is no such folder", where=self.spec)
        try:
            modules = orjson.loads((self.root / "modules.json").read_bytes())
            named = [(str(m["type"]), PurePosixPath(m["path"])) for m in modules]
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise ModelError(
                "is no model that embeds: it has no modules.json that can be read", where=self.spec,
                remedy="a folder that sentence-transformers saved, or `hf download OWNER/NAME` fetched, has one",
            ) from e  # fmt: skip
        for kind, path in named:
            if not kind.startswith("sentence_transformers."):
                raise ModelError("brings code of its own, which is not run", where=self.spec, got=kind)
            if path.is_absolute() or ".." in path.parts:
                raise ModelError("names a module outside its folder", where=self.spec, got=str(path))
        places = {self.root, *(self.root / path for _, path in named)}
        return sorted(p for p in places if p.is_dir())  # a module without settings may have none
