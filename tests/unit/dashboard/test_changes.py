"""What changed between two deployments reads like words, not like a program's values."""

from sotabox.dashboard.changes import Fact, changes_of
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.difference import FieldChange, KeyChanges
from sotabox.operations.differences import Difference


def deployment(number: int) -> Deployment:
    return Deployment(
        id=f"d{number}", project_id="p", number=number, status=Status.STOPPED,
        source=Source.ARCHIVE, phases={}, created_at="2026-03-01T12:00:00.000Z",
        updated_at="2026-03-01T12:00:00.000Z",
    )  # fmt: skip


def test_changes_are_told_without_what_the_page_says_anyway() -> None:
    """Origin and reasons stand elsewhere; versions are named part by part; keys have a sign."""
    found = changes_of(
        Difference(
            deployment(1),
            deployment(2),
            [FieldChange(field="port", before=3000, after=8080),
             FieldChange(field="origin.ref", before="a", after="b")],
            [FieldChange(field="reasons", before=[{"what": "x"}], after=[]),
             FieldChange(field="versions", before=[{"tool": "node", "version": "20"}], after=None)],
            KeyChanges(added=["NEW"], removed=[], changed=["OTHER"]),
        )
    )  # fmt: skip
    assert found.number == 1
    assert found.facts == (Fact("port", "3000 → 8080"), Fact("versions", "was node 20"))
    assert found.env == (("+", "ok", "NEW"), ("~", "busy", "OTHER"))
    assert found.env_known
