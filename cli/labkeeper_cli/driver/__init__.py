"""The workshop for drivers: `labkeeper driver new | list | show | check | record | replay`."""
