"""Who may come in, and what they may do: accounts, sessions that end, rights that are granted."""

from labkeeper_hub.accounts.accounts import (
    Accounts,
    Clocks,
    CodeNeeded,
    SignInRefused,
    TooManyAttempts,
    open_accounts,
)
from labkeeper_hub.accounts.actions import Action, Role
from labkeeper_hub.accounts.person import EVERYWHERE, OWNER, Grant, Person, Scope
from labkeeper_hub.accounts.sessions import Session

__all__ = [
    "EVERYWHERE",
    "OWNER",
    "Accounts",
    "Action",
    "Clocks",
    "CodeNeeded",
    "Grant",
    "Person",
    "Role",
    "Scope",
    "Session",
    "SignInRefused",
    "TooManyAttempts",
    "open_accounts",
]
