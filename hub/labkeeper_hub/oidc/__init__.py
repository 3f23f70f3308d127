"""Signing in with a school's own accounts: OpenID Connect, by the authorization code flow with PKCE."""
