"""Make the checked-in protobuf module from sparkplug_b.proto: `python -m labkeeper_wire.generate [FOLDER]`."""

import re
import sys
import tempfile
from importlib import import_module
from pathlib import Path

PACKAGE = Path(__file__).parent
GENERATED = ("sparkplug_b_pb2.py", "sparkplug_b_pb2.pyi")
# protoc pins its own version into the module and refuses every older runtime. Nothing in the module needs that: the
# builder it calls is as old as protobuf 3.20, and the pin would tie a Raspberry Pi to whoever's compiler ran last.
VERSION_PIN = re.compile(
    r"^# Protobuf Python Version:.*\n"
    r"|^from google\.protobuf import runtime_version as _runtime_version\n"
    r"|^_runtime_version\.ValidateProtobufRuntimeVersion\((?:\n .*)*\n\)\n",
    re.MULTILINE,
)


class CompilerFailed(Exception):
    """protoc refused the .proto; its own words are on stderr."""


def generate(target: Path) -> None:
    """Write the generated module and its stub into the folder `target`; raise CompilerFailed if protoc refuses."""
    protoc = import_module("grpc_tools.protoc")  # a tool of the development extra, absent where the product runs

    with tempfile.TemporaryDirectory() as scratch:
        outputs = [f"--python_out={scratch}", f"--pyi_out={scratch}"]
        # The package's name in the path keeps our file apart from another library's "sparkplug_b.proto".
        status = protoc.main(["protoc", f"-I{PACKAGE.parent}", *outputs, f"{PACKAGE.name}/sparkplug_b.proto"])
        if status != 0:
            raise CompilerFailed(f"protoc ended with status {status}")
        for name in GENERATED:
            text = (Path(scratch) / PACKAGE.name / name).read_text(encoding="utf-8")
            (target / name).write_text(VERSION_PIN.sub("", text), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if sys.argv[1:] else PACKAGE
    generate(folder)
    sys.stdout.write(f"wrote {', '.join(GENERATED)} to {folder}\n")
