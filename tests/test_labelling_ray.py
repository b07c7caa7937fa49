"""A cluster gives the bytes that this machine gives, whatever becomes of its nodes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import psutil
import pytest

from conftest import DATA, write_jsonl
from test_cli import zhaojing
from test_labelling_resume import content, manifest, shards, wait_for
from zhaojing import Classifier, InvalidConfig, MissingExtra
from zhaojing.labelling import LabelRequest, label_corpus
from zhaojing.labelling.engine import Labelled, Labeller
from zhaojing.labelling.ray_engine import RayActors
from zhaojing.labelling.units import Unit
from zhaojing.model_folder import default_folder
from zhaojing.records import read_records

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Ray has no clusters of several nodes on Windows"
)
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra cluster")

Here: TypeAlias = Callable[..., None]
TEXTS = [s.text for record in read_records(*DATA)[:20] for s in record.sentences]
ROWS = [{"text": f"{text}（{n}）"} for n in range(40) for text in TEXTS]
# A run that takes its time, a fifth of a second a unit, so that nodes are lost in the middle of it.
LABEL = """
import time
from zhaojing.cli import main
from zhaojing.labelling import ray_engine

def slowly(crew, first=ray_engine._Crew.first):
    time.sleep(0.2)
    return first(crew)

ray_engine._PATIENCE, ray_engine._Crew.first = 5.0, slowly
main()
"""
# A head without processors, and as many nodes as a line says: all on loopback. Lost nodes are noticed
# within seconds. The second word of a line is the model of the nodes that it adds.
NODES = """
import os, sys
from ray.cluster_utils import Cluster

alone = {"node_ip_address": "127.0.0.1", "include_dashboard": False}
os.mkdir(os.environ["RAY_TMPDIR"] + "/ray")
cluster, nodes = Cluster(), []
cluster.add_node(num_cpus=0, temp_dir=os.environ["RAY_TMPDIR"], **alone)
print(cluster.address, flush=True)
for line in sys.stdin:
    count, _, os.environ["ZHAOJING_MODEL"] = line.strip().partition(" ")
    while len(nodes) > int(count):
        cluster.remove_node(nodes.pop(), allow_graceful=False)
    while len(nodes) < int(count):
        nodes.append(cluster.add_node(num_cpus=1, **alone))
    print(line.strip(), flush=True)
cluster.shutdown()
"""
ALONE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # or Ray takes 127.0.0.1 for the network's address
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "0" * 64,
}


def family(folder: Path) -> list[psutil.Process]:
    """The processes that Ray has started for a cluster with its files in ``folder``."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        environ = process.info["environ"] or {}
        if str(folder) in " ".join(
            [*(process.info["cmdline"] or ()), environ.get("RAY_TMPDIR", "")]
        ):
            found.append(process)
    return found


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder for Ray, with a name that leaves room for those of its sockets: 107 bytes in all."""
    folder = Path(tempfile.mkdtemp(prefix="zj-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Nodes:
    """A cluster of nodes on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        health = {"PERIOD_MS": "500", "TIMEOUT_MS": "1000", "FAILURE_THRESHOLD": "4"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", NODES],
            env={
                **os.environ,
                **ALONE,
                "RAY_USAGE_STATS_ENABLED": "0",
                "RAY_TMPDIR": str(folder),
                **{f"RAY_health_check_{name.lower()}": value for name, value in health.items()},
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = self.answer()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __call__(self, count: int, model: Path | None = None) -> None:
        """Have ``count`` nodes of one processor, the new ones with ``model``."""
        assert self.process.stdin is not None
        line = f"{count} {model or default_folder()}"
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        assert self.answer() == line

    def label(self, *options: object) -> subprocess.Popen[str]:
        """Start to label on the cluster."""
        command = [sys.executable, "-c", LABEL, "label", "--engine", "ray", *map(str, options)]
        return subprocess.Popen(
            [*command, "--address", self.address],
            env={**os.environ, **ALONE, "PYTHONUTF8": "1"},
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def close(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.process.communicate(timeout=30)  # closes its standard input
        left = family(self.folder)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    """One cluster for all tests; each says how many nodes it wants."""
    folder = Path(tempfile.mkdtemp(prefix="zj-", dir="/tmp"))
    nodes = Nodes(folder)
    yield nodes
    nodes.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def here(default_classifier: Classifier) -> Here:
    """Label in this process, and stop after so many units."""

    def label(units: int | None = None, **options: Any) -> None:
        request = LabelRequest(shard_rows=256, **options)
        labeller = Labeller(request, default_classifier)

        def engine(given: Iterable[Unit]) -> Iterator[Labelled]:
            for number, unit in enumerate(given):
                if number == units:
                    raise Stopped
                yield labeller(unit)

        with suppress(Stopped):
            label_corpus(request, engine=engine)

    return label


@pytest.fixture(scope="module")
def whole(here: Here, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """A corpus with a row that cannot be labelled, and what becomes of it in one process."""
    folder = tmp_path_factory.mktemp("whole")
    source = write_jsonl(folder / "a.jsonl", *ROWS, {})
    here(source=str(source), output=str(folder / "out"))
    return source, content(folder / "out")


class Stopped(Exception):
    pass


@needs_ray
@pytest.mark.slow
def test_a_run_begun_here_goes_on_in_a_cluster_that_loses_a_node(
    cluster: Nodes, tmp_path: Path, here: Here, whole: tuple[Path, dict[str, bytes]]
) -> None:
    source, out = str(whole[0]), tmp_path / "out"
    here(source=source, output=str(out), units=3)
    begun = shards(out)
    assert begun == 3
    cluster(2)
    run = cluster.label(source, "-o", out, "--shard-rows", 256, "--resume")
    wait_for(lambda: shards(out) >= begun + 2 or run.poll() is not None)
    cluster(1)
    assert not manifest(out)["complete"], "it was over before the node was lost"
    _, said = run.communicate(timeout=120)
    assert run.returncode == 1, said  # one row has no text
    assert "Traceback" not in said
    assert content(out) == whole[1]


@needs_ray
@pytest.mark.slow
def test_a_run_that_lost_all_nodes_says_so_and_goes_on_here(
    cluster: Nodes, tmp_path: Path, here: Here, whole: tuple[Path, dict[str, bytes]]
) -> None:
    source, out = str(whole[0]), tmp_path / "out"
    cluster(2)
    run = cluster.label(source, "-o", out, "--shard-rows", 256, "--lang", "en")
    wait_for(lambda: shards(out) >= 2 or run.poll() is not None)
    cluster(0)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert said.splitlines()[-1].startswith("error: no node of the cluster is left")
    assert not manifest(out)["complete"]
    here(source=source, output=str(out), resume=True)
    assert content(out) == whole[1]


@needs_ray
@pytest.mark.slow
def test_an_actor_that_dies_is_replaced_but_what_kills_them_all_is_given_up(
    cluster: Nodes, tmp_path: Path
) -> None:
    long = "".join(text for n in range(400) for text in TEXTS)[:250_000]
    source = write_jsonl(tmp_path / "a.jsonl", {"text": long})  # one unit of many seconds
    cluster(1)
    run = cluster.label(source, "-o", tmp_path / "out", "--split", "--lang", "en")
    killed = set()

    def at_work() -> list[psutil.Process]:
        alive = (p for p in psutil.process_iter(["name"]) if p.pid not in killed)
        return [p for p in alive if p.info["name"].startswith("ray::_Actor.lab")]

    for _ in range(3):
        wait_for(at_work)
        for actor in at_work():
            killed.add(actor.pid)
            actor.kill()
    _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "a worker process ended unexpectedly" in said


@needs_ray
@pytest.mark.slow
def test_a_node_with_another_model_is_refused(cluster: Nodes, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", *ROWS[:10])
    other = tmp_path / "model"
    shutil.copytree(default_folder(), other)
    with (other / "README.md").open("a") as card:
        card.write("\n")
    for model, why in ((other, "is not the one here"), (tmp_path, "no model")):
        cluster(0)
        cluster(1, model)
        run = cluster.label(source, "-o", tmp_path / "out" / why, "--lang", "en")
        _, said = run.communicate(timeout=120)
        assert run.returncode == 2
        assert why in said
        assert f"{os.uname().nodename} {model}" in said
    cluster(0)


@needs_ray
@pytest.mark.slow
def test_alone_it_stays_on_loopback_and_leaves_nothing_behind(short: Path, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", *ROWS[:600])
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-m", "zhaojing", "label", str(source), "--workers", "2"]
    environ = {**os.environ, "TMPDIR": str(short), "HOME": str(home), "RAY_TMPDIR": str(short)}
    with (tmp_path / "rows").open("wb") as rows:
        run = subprocess.Popen([*command, "--engine", "ray"], env=environ, stdout=rows)
    listening, names = set(), set()
    while run.poll() is None:
        with suppress(psutil.Error):
            for process in psutil.Process(run.pid).children(recursive=True):
                names.add(process.name())
                listening |= {
                    connection.laddr.ip
                    for connection in process.net_connections("inet")
                    if connection.status in (psutil.CONN_LISTEN, psutil.CONN_ESTABLISHED)
                }
    assert run.returncode == 0
    assert any(name.startswith("ray::_Actor") for name in names)
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    assert not list(short.iterdir())
    assert not list(home.iterdir())
    wait_for(lambda: not family(short))
    plain = subprocess.run([*command[:-1], "1"], check=True, capture_output=True)
    assert (tmp_path / "rows").read_bytes() == plain.stdout


def test_without_the_extra_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    source = str(write_jsonl(tmp_path / "a.jsonl", *ROWS[:1]))
    with pytest.raises(MissingExtra, match=r"zhaojing\[cluster\]"):
        label_corpus(LabelRequest(source=source, output=str(tmp_path / "out"), engine="ray"))
    assert not (tmp_path / "out").exists()


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999999"])
def test_an_address_at_which_nobody_answers(tmp_path: Path, address: str) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", *ROWS[:1])
    given = ("label", source, "-o", tmp_path / "out", "--engine", "ray", "--address", address)
    done = zhaojing(*given)
    assert done.returncode == 2
    assert f"{address}：Ray 没有连上" in done.stderr
    assert not (tmp_path / "out").exists()


@needs_ray
@pytest.mark.parametrize("address", ["auto", "nowhere", "127.0.0.1:", "a:b:c"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        RayActors(LabelRequest(source="a", output="-", engine="ray", address=address))
    assert caught.value.key == "label.no_cluster"


@pytest.mark.parametrize(
    "options", [{"engine": "spark"}, {"address": "127.0.0.1:6379"}, {"engine": ""}]
)
def test_engines_that_do_not_exist(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        LabelRequest(source="a", output="-", **options)
    assert caught.value.key == "label.bad_engine"
