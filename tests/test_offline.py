"""Nothing leaves the machine, and what was installed on it is known."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from conftest import DATA, ROOT, document, sentence, write_jsonl
from test_cli import zhaojing
from zhaojing.reading import soffice

SAMPLES = ROOT / "data" / "samples"
ALONE = ["unshare", "-rn"]  # a network of its own, in which there is no interface that is up

# Audit hooks (PEP 578) see every call of Python's, whichever library makes it.
WATCH = """
import os, sys
def watch(event, arguments):
    said = repr(arguments[1:] if event.startswith("socket.") else arguments)
    local = event == "socket.connect" and isinstance(arguments[1], (str, bytes))
    if event in WATCHED and not local:
        os.write(2, f"NETWORK {event} {said}\\n".encode())
        os._exit(99)
WATCHED = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
           "socket.gethostbyaddr", "socket.bind", "urllib.Request", "http.client.connect"}
sys.addaudithook(watch)
"""
RUN = "sys.argv = ['zhaojing', *sys.argv[1:]]\nfrom zhaojing.cli import main\nmain()\n"


def watched(
    *arguments: object, code: str = RUN, **options: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WATCH + code, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    ],
)
def test_the_watch_sees_what_it_should(code: str) -> None:
    done = watched(code=code)
    assert done.returncode == 99
    assert "NETWORK" in done.stderr


def test_commands_open_no_socket(tmp_path: Path) -> None:
    gold = write_jsonl(tmp_path / "g.jsonl", document("d1", sentence(), sentence("修路。")))
    other = write_jsonl(tmp_path / "h.jsonl", document("d1", sentence(), sentence("修路。")))
    out = tmp_path / "out"
    commands = [
        ["--help"],
        ["screen", SAMPLES, "-o", out],
        ["replay", out / "manifest.json"],
        ["screen", "--explain-config"],
        ["label", SAMPLES / "04-典型问题通报.txt", "-o", tmp_path / "l.csv"],
        ["evaluate", gold, "--json", tmp_path / "m.json"],
        ["data", "check", *DATA],
        ["data", "stats", ROOT / "data"],
        ["data", "agreement", gold, other],
        ["data", "sample", out / "results.jsonl", "--size", "20", "--output", tmp_path / "s.xlsx"],
        ["model", "info"],
    ]
    for command in commands:
        done = watched(*command)
        assert done.returncode == 0, (command, done.stderr[-2000:])
    done = watched("review", "import", out / "台账.xlsx", "--output", tmp_path / "r.jsonl")
    assert done.returncode == 2  # nobody has judged anything
    assert "NETWORK" not in done.stderr


def test_training_opens_no_socket(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    data = [
        write_jsonl(
            tmp_path / f"{name}.jsonl",
            *(
                document(f"{name}{n}", sentence(), sentence("修路。", categories=[], role="other"))
                for n in range(6)
            ),
        )
        for name in ("train", "dev")
    ]
    done = watched(
        *("train", "--encoder", "tfidf", "--train", data[0], "--dev", data[1]),
        *("-o", tmp_path / "model"),
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def alone() -> list[str]:
    """What runs a command where there is no network but the (silent) loopback."""
    if not shutil.which("unshare"):
        pytest.skip("needs Linux namespaces")
    if subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("namespaces are not allowed here")
    return ALONE


def test_the_samples_are_screened_without_a_network(alone: list[str], tmp_path: Path) -> None:
    seen = subprocess.run([*alone, "cat", "/proc/net/dev"], capture_output=True, text=True)
    assert [line.split(":")[0].strip() for line in seen.stdout.splitlines()[2:]] == ["lo"]
    inbox = tmp_path / "in"
    shutil.copytree(SAMPLES, inbox)
    if soffice._find_program():
        (inbox / "旧.rtf").write_bytes(rb"{\rtf1\ansi \u20250?\u35758?\u22826?\u22810?\u12290?}")
    apart, together = tmp_path / "a", tmp_path / "b"
    command = [sys.executable, "-m", "zhaojing", "screen", inbox, "--output"]
    subprocess.run([*alone, *command, apart], check=True, capture_output=True)
    subprocess.run([*command, together], check=True, capture_output=True)
    assert (apart / "results.jsonl").read_bytes() == (together / "results.jsonl").read_bytes()
    assert zhaojing("replay", apart / "manifest.json").returncode == 0


# --- what is installed beside it ------------------------------------------------------------------


def test_the_list_of_packages_is_current() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = json.loads((ROOT / "docs" / "sbom.json").read_text("utf-8"))["components"]
    pinned = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    )
    pinned = {canonicalize_name(name): version for name, version in pinned.items()}
    assert {item["name"]: item["version"] for item in listed}.items() <= pinned.items()
    groups = {"base": project["dependencies"], **project["optional-dependencies"]}
    del groups["dev"]  # nobody is handed it
    for group, asked in groups.items():
        names = {canonicalize_name(re.split(r"[=\[]", line)[0]) for line in asked}
        found = {
            item["name"]
            for item in listed
            if {"name": "zhaojing:group", "value": group} in item["properties"]
        }
        assert names <= found, f"run make audit: {group}"
    assert all(item["licenses"][0]["license"]["name"] != "not told" for item in listed)
