"""What a clerk reads: ``index.html`` and, in ``报告/``, one page a report."""

from zhaojing.report.pages.write import write_pages

__all__ = ["write_pages"]
