"""Label on the nodes of a Ray cluster, or on this machine through Ray.

Decision 12 says why in actors and not in Ray Data.
"""

from __future__ import annotations

import logging
import os
import platform
import secrets
import socket
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from zhaojing import __version__
from zhaojing.errors import InvalidConfig, MissingExtra, ZhaojingError
from zhaojing.labelling.engine import Labelled, Labeller
from zhaojing.labelling.request import LabelRequest
from zhaojing.labelling.shards import model_digest
from zhaojing.labelling.units import Unit
from zhaojing.model_folder import default_folder
from zhaojing.offline import stay_offline

_IN_FLIGHT = 4  # units an actor has or waits for
_CHARACTERS = 1024 * 1024  # in flight for each actor, twice what fills a unit
_LEAST_CHARACTERS = 16 * 1024 * 1024  # in flight, however few the actors
_PATIENCE = 60.0  # seconds that no actor may be there
_TRIES = 3  # of a unit whose actors are lost: it may be what kills them
_REACH = 10.0  # seconds until the cluster must answer
# loopback only, whatever the first name says, and no commands but ours
_ALONE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),
}


class RayActors:
    """Labels in actors of one processor each, which load the model once.

    A unit goes to the actor that has the fewest. If an actor is lost, alone or with its node, others
    get its units, and it is replaced as soon as the cluster has room.
    """

    def __init__(self, request: LabelRequest) -> None:
        """Check what can be checked before anything is written.

        Raises
        ------
        MissingExtra
            Ray is not installed.
        InvalidConfig
            Nobody answers at the address of the cluster.
        """
        if find_spec("ray") is None:
            raise MissingExtra("cluster")
        if request.address:
            _call(request.address)
        # a node has a working folder of its own
        self.request = replace(request, model=request.model and request.model.resolve())

    def __call__(self, units: Iterable[Unit]) -> Iterator[Labelled]:
        """Yield what becomes of each unit, in order.

        Raises
        ------
        InvalidConfig
            Ray does not let us in, or a node has another zhaojing or another model.
        ZhaojingError
            All actors are lost, or some unit has cost several their lives.
        """
        with _connected(self.request) as ray:
            crew = _Crew(ray, self.request)
            for unit in units:
                while crew.is_full(unit):
                    yield crew.first()
                crew.give(unit)
            while crew.tasks:
                yield crew.first()


def _call(address: str) -> None:
    """See whether anybody answers: Ray itself takes minutes to say that nobody does."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH).close()
    except (OSError, ValueError, OverflowError) as error:
        raise InvalidConfig("label.no_cluster", where=address, detail=error) from error


@contextmanager
def _connected(request: LabelRequest) -> Iterator[Any]:
    """Give Ray, connected to the cluster that is asked for, or to one on this machine alone."""
    stay_offline()
    if not request.address:
        os.environ.update(_ALONE)
    import ray

    # It tells of lost nodes on standard output, among our rows, and has no other switch for that.
    ray._private.worker._worker_logs_enabled = False
    with ExitStack() as stack:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if not request.address:
            folder = tempfile.TemporaryDirectory(prefix="zj", ignore_cleanup_errors=True)
            options |= {"num_cpus": request.workers, "include_dashboard": False}
            options |= {"_temp_dir": stack.enter_context(folder)}
        stack.callback(ray.shutdown)
        try:
            ray.init(request.address or "local", **options)
        except (OSError, RuntimeError, ray.exceptions.RayError) as error:
            raise InvalidConfig("label.no_cluster", detail=error) from error
        yield ray


@dataclass(slots=True)
class _Task:
    """A unit that is not yielded yet, the actor that has it, and the reference to its result."""

    unit: Unit
    actor: Any = None
    result: Any = None
    losses: int = 0


class _Crew:
    """The actors, and the units they have."""

    def __init__(self, ray: Any, request: LabelRequest) -> None:
        self.ray, self.request = ray, request
        self.model = model_digest(request.model or default_folder())
        self.size = request.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self.starting: dict[Any, Any] = {}  # actors, by the reference to what they find
        self.load: dict[Any, int] = {}  # units of each actor that is ready
        self.tasks: deque[_Task] = deque()
        self.characters = 0
        for _ in range(self.size):
            self._start()

    def is_full(self, unit: Unit) -> bool:
        """Tell whether a result has to be taken before ``unit`` is given."""
        self._take_in()
        most = max(_LEAST_CHARACTERS, self.size * _CHARACTERS)
        many = len(self.tasks) >= len(self.load) * _IN_FLIGHT
        return bool(self.tasks) and (many or self.characters + unit.characters > most)

    def give(self, unit: Unit) -> None:
        """Have ``unit`` labelled."""
        task = _Task(unit)
        self.tasks.append(task)
        self.characters += unit.characters
        self._send(task)

    def first(self) -> Labelled:
        """Wait for the oldest unit and return what became of it."""
        task = self.tasks[0]
        found: Labelled | ZhaojingError | None = None
        while found is None:
            try:
                found = self.ray.get(task.result)
            except self.ray.exceptions.RayTaskError:
                raise  # no loss but a mistake of ours
            except self.ray.exceptions.RayError:
                self._replace(task.actor)
        if isinstance(found, ZhaojingError):
            raise found
        self.tasks.popleft()
        self.characters -= task.unit.characters
        self.load[task.actor] -= 1
        return found

    def _start(self) -> None:
        actor = self.ray.remote(_Actor).options(num_cpus=1).remote()
        self.starting[actor.prepare.remote(self.request, __version__, self.model)] = actor

    def _take_in(self) -> None:
        """Count in the actors that are ready by now; wait if there is none."""
        while self.starting:
            seconds = 0 if self.load else _PATIENCE
            answers, _ = self.ray.wait([*self.starting], timeout=seconds)
            if not answers:
                break
            self._welcome(self.starting.pop(answers[0]), answers[0])
        if not self.load:
            raise ZhaojingError("label.no_nodes")

    def _welcome(self, actor: Any, answer: Any) -> None:
        try:
            error = self.ray.get(answer)
        except self.ray.exceptions.RayActorError as lost:
            if not lost.actor_init_failed:
                return  # it was never ready, so nothing replaces it
            # zhaojing is missing on its node, or too old to know this module
            detail = str(lost).strip().splitlines()[-1]
            raise InvalidConfig("label.node_failed", detail=detail) from lost
        if error:
            raise error
        self.load[actor] = 0

    def _send(self, task: _Task) -> None:
        self._take_in()
        task.actor = min(self.load, key=self.load.__getitem__)
        task.result = task.actor.label.remote(task.unit)
        self.load[task.actor] += 1

    def _replace(self, actor: Any) -> None:
        self.ray.kill(actor)  # it may be out of reach and alive
        del self.load[actor]
        self._start()
        for task in self.tasks:
            if task.actor == actor:
                task.losses += 1
                if task.losses == _TRIES:
                    raise ZhaojingError("label.worker_died")
                self._send(task)


class _Actor:
    """What runs on a node. Errors are returned: raised, Ray would wrap them."""

    labeller: Labeller

    def prepare(self, request: LabelRequest, version: str, model: str) -> ZhaojingError | None:
        """Load the model; return what would make the results other than elsewhere."""
        folder = request.model or default_folder()
        try:
            self.labeller = Labeller(request)
            if (__version__, model_digest(folder)) != (version, model):
                raise InvalidConfig("label.node_differs", where=folder, version=version)
        except ZhaojingError as error:
            error.where = f"{platform.node()} {error.where or ''}".rstrip()
            return error
        return None

    def label(self, unit: Unit) -> Labelled | ZhaojingError:
        """Return what becomes of ``unit``."""
        try:
            return self.labeller(unit)
        except ZhaojingError as error:
            return error
