"""What differs between two releases."""

from sotabox.model.difference import FieldChange, KeyChanges, diff_fields, diff_keys


def test_fields_that_differ_are_listed_by_path() -> None:
    """Deep in a plan, new, or gone; what is equal is not mentioned."""
    before = {"port": 80, "run": {"image": "a", "packages": ["x"]}, "gone": 1}
    after = {"port": 80, "run": {"image": "b", "packages": ["x"]}, "new": None, "more": 2}
    assert diff_fields(before, after) == [
        FieldChange(field="gone", before=1, after=None),
        FieldChange(field="more", before=None, after=2),
        FieldChange(field="run.image", before="a", after="b"),
    ]


def test_keys_are_told_by_what_happened_to_them() -> None:
    """Names only: what stands behind them is nobody's business here."""
    changes = diff_keys({"A": "1", "B": "2", "C": "3"}, {"B": "2", "C": "x", "D": "4"})
    assert changes == KeyChanges(added=["D"], removed=["A"], changed=["C"])
