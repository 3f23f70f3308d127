"""The live WebSocket: a snapshot, then every change, encoded once for everybody at the same place."""
