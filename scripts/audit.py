"""The licence of every package that an installation brings, and the list of them all.

    python scripts/audit.py

Prints a table by group (the base and each extra), writes ``docs/sbom.json`` (CycloneDX 1.6,
without the group ``dev``, which nobody is handed) and ends with exit code 1 if a licence is not
among those allowed. Names and licences are those of the installed packages, versions those of
``constraints.txt``. What wheels carry inside beside their own code, no metadata tells.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SBOM = ROOT / "docs" / "sbom.json"
BASE, DEV = "base", "dev"
# permissive ones, and the Mozilla licence, which asks nothing of who uses a package unchanged
ALLOWED = re.compile(
    r"MIT|(\d-Clause )?BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|BSL-1\.0|CNRI"
    r"|LLVM-exception|MPL[- ]2\.0|Mozilla Public License 2\.0"
)
JOINED = re.compile(r"\s+(?:AND|OR|WITH)\s+|[,;()]")
# where the metadata only point at a file: read in version 5.15.2
READ = {"pypdfium2": "Apache-2.0 AND BSD-3-Clause"}


def versions() -> dict[str, str]:
    """Return the version of each package that ``constraints.txt`` pins."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if "==" in line]
    return {canonicalize_name(name): version for name, version in pairs}


def groups() -> dict[str, list[Requirement]]:
    """Return what ``pyproject.toml`` asks for: the base and each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {BASE: project["dependencies"], **project["optional-dependencies"]}
    return {group: [Requirement(line) for line in lines] for group, lines in asked.items()}


def needed(found: Distribution, extras: set[str]) -> Iterator[Requirement]:
    """Yield what a package needs on this machine, with some of its extras."""
    for line in found.requires or ():
        needs = Requirement(line)
        marker = needs.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield needs


def closure(asked: list[Requirement]) -> dict[str, set[str]]:
    """Return every package that ``asked`` brings with it, and what each of them needs directly."""
    edges: dict[str, set[str]] = {}
    waiting = list(asked)
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        needs = waiting.pop()
        name = canonicalize_name(needs.name)
        if (name, frozenset(needs.extras)) in seen:
            continue
        seen.add((name, frozenset(needs.extras)))
        below = list(needed(distribution(name), needs.extras))
        edges.setdefault(name, set()).update(canonicalize_name(below.name) for below in below)
        waiting += below
    return edges


def licence(name: str) -> str:
    """Return what a package says of its licence."""
    if name in READ:
        return READ[name]
    told = metadata(name)
    if told["License-Expression"]:
        return str(told["License-Expression"])
    classifiers = [line.split(" :: ") for line in told.get_all("Classifier", [])]
    named = [parts[-1] for parts in classifiers if parts[0] == "License" and len(parts) > 2]
    return "; ".join(named) or (told["License"] or "not told").splitlines()[0]


def is_allowed(said: str) -> bool:
    """Tell whether every part of a licence is among those allowed."""
    parts = [part.strip() for part in JOINED.split(said) if part.strip()]
    return bool(parts) and all(ALLOWED.match(part) for part in parts)


def sbom(edges: dict[str, dict[str, set[str]]]) -> dict[str, Any]:
    """Return the list of the packages of all groups in the format CycloneDX 1.6."""
    pinned = versions()
    names = sorted({name for group in edges.values() for name in group})
    if loose := [name for name in names if name not in pinned]:
        raise SystemExit(f"not in constraints.txt: {', '.join(loose)}")
    links: dict[str, set[str]] = {name: set() for name in names}
    for group in edges.values():
        for name, below in group.items():
            links[name] |= below
    purls = {name: f"pkg:pypi/{name}@{pinned[name]}" for name in names}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "zhaojing"}},
        "components": [
            {
                "type": "library",
                "bom-ref": purls[name],
                "name": name,
                "version": pinned[name],
                "scope": "required" if name in edges[BASE] else "optional",
                "licenses": [{"license": {"name": licence(name)}}],
                "purl": purls[name],
                "properties": [
                    {"name": "zhaojing:group", "value": group}
                    for group, found in edges.items()
                    if name in found
                ],
            }
            for name in names
        ],
        "dependencies": [
            {"ref": purls[name], "dependsOn": sorted(purls[below] for below in links[name])}
            for name in names
        ],
    }


def main() -> int:
    """Print the table, write the list, and tell whether every licence is allowed."""
    edges = {group: closure(asked) for group, asked in groups().items()}
    wrong = []
    for group, found in edges.items():
        print(f"\n{group}: {len(found)} packages")
        for name in sorted(found):
            said = licence(name)
            mark = "" if is_allowed(said) else "  <- not allowed"
            wrong += [name] if mark else []
            print(f"  {name:28} {said}{mark}")
    shipped = {group: found for group, found in edges.items() if group != DEV}
    content = json.dumps(sbom(shipped), ensure_ascii=False, indent=1) + "\n"
    SBOM.write_text(content, "utf-8", newline="\n")
    print(f"\nwrong: {', '.join(wrong) or 'none'}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
