"""Whose is a thing on the engine?"""

from sotabox.engine.labels import Role, filter_of, is_our_container, labels_of


def test_labels_of_a_container_name_box_project_and_deployment() -> None:
    """Everything that the box makes says for whom."""
    assert labels_of("box", Role.APP, project_id="p", deployment_id="d") == {
        "sotabox.instance": "box",
        "sotabox.role": "app",
        "sotabox.project": "p",
        "sotabox.deployment": "d",
    }


def test_filter_of_a_project_selects_by_box_first() -> None:
    """A search never finds another box's things."""
    assert filter_of("box", role=Role.IMAGE, project_id="p") == [
        "sotabox.instance=box",
        "sotabox.role=image",
        "sotabox.project=p",
    ]


def test_is_our_container_made_from_our_image_by_hand_is_false() -> None:
    """A container inherits its image's labels; those alone don't make it an app."""
    assert is_our_container(labels_of("box", Role.APP), "box")
    assert is_our_container(labels_of("box", Role.RELEASE), "box")
    assert not is_our_container(labels_of("box", Role.IMAGE), "box")
    assert not is_our_container(labels_of("other", Role.APP), "box")
    assert not is_our_container({}, "box")
