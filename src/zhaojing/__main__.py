"""``python -m zhaojing`` is the ``zhaojing`` command."""

from zhaojing.cli import main

main()
