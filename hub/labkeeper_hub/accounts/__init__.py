"""Who may come in: the owner's secret, sign-in links that work once, sessions that end."""

from labkeeper_hub.accounts.accounts import Accounts, Clocks, SignInRefused, TooManyAttempts, open_accounts
from labkeeper_hub.accounts.person import OWNER, Person, Role
from labkeeper_hub.accounts.sessions import Session

__all__ = [
    "OWNER",
    "Accounts",
    "Clocks",
    "Person",
    "Role",
    "Session",
    "SignInRefused",
    "TooManyAttempts",
    "open_accounts",
]
