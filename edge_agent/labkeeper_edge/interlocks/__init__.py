"""Interlocks: what must hold before an output may be energised, and what drives it to safety by itself."""
