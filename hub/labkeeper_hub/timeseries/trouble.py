"""What does not work at the moment, said once when it begins and once when it ends."""

import logging
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Trouble:
    """`begins` has a %s for the problem; `problem` is "" while all is well."""

    begins: str
    ends: str
    problem: str = ""

    def is_there(self, problem: str) -> None:
        """Note what went wrong."""
        if not self.problem:
            log.error(self.begins, problem)
        self.problem = problem

    def is_over(self) -> None:
        """Note that it went well."""
        if self.problem:
            log.warning(self.ends)
        self.problem = ""
