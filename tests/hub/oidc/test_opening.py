"""Without a provider nothing of OpenID Connect is there."""

import subprocess
import sys


def test_a_hub_without_a_provider_does_not_load_what_reads_tokens() -> None:
    """It would weigh 11 MB more."""
    asked = "import labkeeper_hub.main, sys; print({'authlib', 'joserfc'} & {*sys.modules} or 'neither')"
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout
    assert told.strip() == "neither"
