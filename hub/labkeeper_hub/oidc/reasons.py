"""How a sign-in or a link with the school's accounts can end. Each is a word of the page and a label of a metric."""

from enum import StrEnum


class Reason(StrEnum):
    """The end of one attempt; a small closed set."""

    OK = "ok"
    CODE = "code"  # proved; a code of the second factor is asked for besides
    LINKED = "linked"
    THROTTLED = "throttled"
    UNKNOWN_ATTEMPT = "unknown_attempt"  # a state that is not ours, of another browser, used, or too old
    REFUSED_THERE = "refused_there"
    PROVIDER_AWAY = "provider_away"
    PROVIDER_NONSENSE = "provider_nonsense"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_CLIENT = "wrong_client"
    CODE_REFUSED = "code_refused"
    WRONG_TOKEN = "wrong_token"  # noqa: S105 - a reason
    WRONG_NONCE = "wrong_nonce"
    UNKNOWN_PERSON = "unknown_person"
    LINKED_ELSEWHERE = "linked_elsewhere"
    ENDED = "ended"  # the session that asked for the link is over


class ProviderFailed(Exception):
    """Tell the person `reason`; `detail` is for the log, and has nothing in it that is secret or of a person."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
