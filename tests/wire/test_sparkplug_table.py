import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.wire import sparkplug_table as table
else:
    spec = importlib.util.spec_from_file_location("sparkplug_table", Path(__file__).with_name("sparkplug_table.py"))
    table = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = table
    spec.loader.exec_module(table)

MARKED = """
@pytest.mark.sparkplug("intro-group-id-string", "no-such-id")
def test_one(): ...

class TestGroup:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.sparkplug("conformance-mqtt-qos0"))])
    async def test_two(self, x): ...
"""


def test_the_page_on_sparkplug_is_up_to_date() -> None:
    proofs = list(table.read_proofs(table.ROOT / "tests"))
    assert table.problems(table.read_assertions(), proofs) == []
    expected = table.page(table.read_assertions(), proofs)
    assert table.PAGE.read_text(encoding="utf-8") == expected, "run: python -m tests.wire.sparkplug_table"


def test_every_assertion_of_the_standard_is_listed_once() -> None:
    assertions = table.read_assertions()
    assert len({assertion.id for assertion in assertions}) == len(assertions) == 299
    assert {assertion.who for assertion in assertions} == set(table.TITLES)
    assert {assertion.level for assertion in assertions} == {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"}
    assert all(assertion.says for assertion in assertions)


def test_every_assertion_that_applies_is_tested() -> None:
    proven = {proof.id for proof in table.read_proofs(table.ROOT / "tests")}
    open_ids = [one.id for one in table.read_assertions() if not one.not_applicable and one.id not in proven]
    assert open_ids == []


def test_marks_are_found_wherever_a_test_carries_them_and_wrong_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED, encoding="utf-8")
    proofs = list(table.read_proofs(tmp_path))
    assert [(proof.id, proof.test) for proof in proofs] == [
        ("intro-group-id-string", "test_one"),
        ("no-such-id", "test_one"),
        ("conformance-mqtt-qos0", "test_two"),
    ]
    assert table.problems(table.read_assertions(), proofs) == [
        "test_marked.py: test_one: there is no assertion no-such-id",
        "test_marked.py: test_two: conformance-mqtt-qos0 is said not to apply",
    ]
