"""The language of conditions: what must be so of named inputs. Spoken by interlocks and by automations."""
