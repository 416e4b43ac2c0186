"""The fault server's batch API: files are kept, jobs wait until they are told to finish."""

from __future__ import annotations

import hashlib
import random
import re
from typing import TYPE_CHECKING

import orjson
from tests.support.replies import answer

if TYPE_CHECKING:
    from tests.support.fault_server import State


def batch_door(state: State, method: bytes, path: bytes, head: bytes, body: bytes) -> tuple[int, bytes]:
    """Answer the batch API: files are kept, jobs wait until they are told to finish."""
    name = path.decode().rstrip("/").split("/")
    if method == b"POST" and name[-1] == "files":
        mark = re.search(rb'boundary="?([^"\r;]+)', head)
        parts = body.split(b"--" + mark[1]) if mark else []
        file = next(p for p in parts if b"filename=" in p).split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n")
        state.files[f"file-{len(state.files)}"] = file
        return 200, orjson.dumps({"id": f"file-{len(state.files) - 1}"})
    if method == b"POST" and name[-1] == "batches":
        job = {"id": f"batch-{len(state.jobs)}", "status": "in_progress", **orjson.loads(body)}
        for line in state.files[job["input_file_id"]].splitlines():
            state.note(hashlib.blake2b(orjson.dumps(orjson.loads(line)["body"]), digest_size=16).digest())
        state.jobs[job["id"]] = job
        return 200, orjson.dumps(job)
    if name[-1] == "content" and name[-2] in state.files:
        return 200, state.files[name[-2]]
    if name[-2] == "batches" and name[-1] in state.jobs:
        return 200, orjson.dumps(state.jobs[name[-1]])
    return 404, b'{"error": {"message": "no such file or batch"}}'


def finish_jobs(state: State) -> int:
    """Complete every job that waits; return how many."""
    waiting = [j for j in state.jobs.values() if j["status"] == "in_progress"]
    for job in waiting:
        out = []
        for line in map(orjson.loads, state.files[job["input_file_id"]].splitlines()):
            body = orjson.dumps(line["body"])
            rule = next((r for r in state.rules if r.applies(body)), None)
            reply = orjson.loads(
                answer(line["url"].encode(), body, hashlib.blake2b(body, digest_size=16).digest(), state.answers)
            )
            status = rule.spec["status"] if rule is not None and rule.kind == "status" else 200
            response = {"status_code": status, "body": reply if status == 200 else {"error": {"message": "told to"}}}
            out.append(orjson.dumps({"custom_id": line["custom_id"], "response": response, "error": None}))
        random.shuffle(out)
        name = f"file-{len(state.files)}"
        state.files[name] = b"\n".join(out)
        job.update(status="completed", output_file_id=name)
    return len(waiting)
