"""The one error tree of the SDK; each class says what the caller should do."""


class LabkeeperError(Exception):
    """Anything Labkeeper raises on purpose."""


class BadConfiguration(LabkeeperError):
    """Stop, and name the key: a setting is wrong. `key` is its dotted path, `source` the file it came from."""

    def __init__(self, key: str, problem: str, source: str = "") -> None:
        super().__init__(f"{source + ': ' if source else ''}{key}: {problem}")
        self.key = key
        self.problem = problem
        self.source = source

    def found_in(self, source: str) -> "BadConfiguration":
        """Return it with the file its key stands in, for whoever checks a value without knowing that file."""
        return self if self.source else BadConfiguration(self.key, self.problem, source)


class DeviceUnreachable(LabkeeperError):
    """Try later: the connection is lost. The platform leaves the context, waits with jitter and opens it again."""


class BadReading(LabkeeperError):
    """Count it and go on: a device said something that makes no sense. `reason` is a short code, used as a label."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class CommandRejected(LabkeeperError):
    """Tell the person: the command was not executed and must not be repeated as it is. `code` is short and stable."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code


class MessageNotSent(LabkeeperError):
    """Try later: a notification channel could not deliver. The text is recorded and shown: no secret is in it."""


class CommandFailed(LabkeeperError):
    """Tell the person: the command was sent to the device and the device did not do it, or did not say so."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
