"""The reference firmware: MicroPython for ESP32-class boards, the same files on CPython and MicroPython's Unix port.

Copy this folder onto a board as `reference`; its `main.py` says `from reference.main import run; run([])`.
"""
