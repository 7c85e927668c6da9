"""Candidates on workers of joblib, in processes of their own: loky, Dask."""

from __future__ import annotations

import io
import pickle
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Callable

from .candidates import Candidate
from .record import Record
from .search import Item, Result, Search

# Records that a worker keeps, whose threads (those of Dask) share them.
_MOST = 64
# Seconds in which loky has handed on what it was told to.
_HANDED_ON = 0.05
_lock = threading.Lock()
_records: dict[str, Record] = {}
_keys: dict[int, str] = {}


def has_workers(jobs: int | None) -> bool:
    """Tell whether a context of joblib, as ``joblib.parallel_config``, names workers elsewhere.

    `jobs` are asked for besides.
    """
    if "joblib" not in sys.modules:
        return False
    from joblib import parallel

    backend, own = parallel.get_active_backend()
    if getattr(backend, "supports_sharedmem", False) or 1 in (jobs, own):
        return False
    # Without a context joblib names one all the same, with no number of workers.
    inside = getattr(getattr(parallel, "_backend", None), "config", None) is not None
    return own is not None or (inside and (jobs is not None or backend.default_n_jobs != 1))


class Workers:
    """What does tasks on the workers that joblib has by now.

    Candidates go there and come back without their estimators, which are brought to where they
    stood where they go on: results are those of this process, to the bit. `jobs` of None are as
    many as the context of joblib says.
    """

    def __init__(self, search: Search, jobs: int | None) -> None:
        self._search, self._jobs = search, jobs
        self._sent: dict[int, tuple[Record, str, bytes]] = {}

    def at_once(self, task: Callable[[Item], Result], items: list[Item]) -> Iterator[Result]:
        """Do a task of all items; yield results in their order."""
        from joblib import Parallel, delayed
        from joblib.parallel import get_active_backend

        shared = self._dumped(task)
        streams = getattr(get_active_backend()[0], "supports_return_generator", False)
        parallel = Parallel(
            n_jobs=self._jobs, return_as="generator" if streams else "list", batch_size=1
        )
        ended = threading.Event()
        wanted = (item for item in items if not ended.is_set())
        answers = parallel(delayed(_done)(shared, self._dumped(item)) for item in wanted)
        try:
            for item, answer in zip(items, answers):
                result, copy = self._loaded(answer)
                if isinstance(item, Candidate):
                    item.adopt(copy)
                if result is copy:
                    result = item
                yield result
        except GeneratorExit:
            # loky fails where its workers are killed while it hands on a task (KeyError in its
            # thread, 3 of 92 ends on a loaded machine): no more of them, then a moment for it.
            ended.set()
            time.sleep(_HANDED_ON)
            raise
        finally:
            if streams:
                # Where a search ends early, what is under way is given up.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    answers.close()

    def _dumped(self, value: object) -> bytes:
        known, search = self._sent, self._search

        class There(_cloudpickle().Pickler):  # type: ignore[misc]
            def persistent_id(self, value: object) -> tuple | None:
                if isinstance(value, Record):
                    if id(value) not in known:
                        known[id(value)] = value, uuid.uuid4().hex, pickle.dumps(value)
                    return "record", *known[id(value)][1:]
                if value is search:
                    return "search", search.deadline - time.perf_counter()
                return None

        stream = io.BytesIO()
        There(stream).dump(value)
        return stream.getvalue()

    def _loaded(self, answer: bytes) -> Any:
        records = {key: record for record, key, _ in self._sent.values()}
        search = self._search

        class Back(pickle.Unpickler):
            def persistent_load(self, name: tuple) -> Search | Record:
                return search if name[0] == "search" else records[name[1]]

        return Back(io.BytesIO(answer)).load()


def _cloudpickle() -> ModuleType:
    """Return what pickles functions that are no module's: joblib has it, or came with it."""
    try:
        import cloudpickle
    except ImportError:
        from joblib.externals import cloudpickle
    return cloudpickle


# ---- In a worker


def _done(task: bytes, item: bytes) -> bytes:
    """Do a task, and return the result together with the item as it is then."""
    searches: list[Search] = []

    class Here(pickle.Unpickler):
        def persistent_load(self, name: tuple) -> Search | Record:
            if name[0] == "record":
                return _record(name[1], name[2])
            if not searches:
                searches.append(Search(None, deadline=time.perf_counter() + name[1]))
            return searches[0]

    class Back(pickle.Pickler):
        def persistent_id(self, value: object) -> tuple | None:
            if isinstance(value, Search):
                return ("search",)
            if isinstance(value, Record) and id(value) in _keys:
                return "record", _keys[id(value)]
            return None

    work, own = (Here(io.BytesIO(data)).load() for data in (task, item))
    result = work(own)
    stream = io.BytesIO()
    Back(stream).dump((result, own))
    return stream.getvalue()


def _record(key: str, data: bytes) -> Record:
    with _lock:
        if key not in _records:
            if len(_records) >= _MOST:
                _records.clear()
                _keys.clear()
            _records[key] = pickle.loads(data)
            _keys[id(_records[key])] = key
        return _records[key]
