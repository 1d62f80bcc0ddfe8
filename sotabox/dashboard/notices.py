"""What a page says of what was just done, by the name that stands in its address.

Names instead of sentences: nobody can make the dashboard say something by a link.
"""

from typing import Final

NOTICES: Final = {
    "backup-asked": "A backup is being made. It shows in the list once it was restored on trial.",
    "cancelled": "The deployment was cancelled. What served before still serves.",
    "deleted": "The project was deleted, with all that belonged to it.",
    "key-revoked": "The API key was revoked. Requests with it are refused from now on.",
    "logged-out": "You are logged out.",
    "domain-removed": "The domain was removed. The box does not answer to it any more.",
    "factor-reset": "Their password is enough again, and their sessions have ended.",
    "factor-off": "The second factor is off. A password is enough again.",
    "factor-on": "The second factor is on. The next login asks for a code.",
    "freed": "Space was freed.",
    "looking": "DNS is being looked at. What is found shows here by itself.",
    "member-left": "You left the project.",
    "member-removed": "They were removed from the project, at once.",
    "member-set": "They are a member of the project now, with that role.",
    "not-sent": "It was not taken. What came instead stands below.",
    "sent": "It was sent and taken.",
    "webhook-removed": "The webhook was removed.",
    "webhook-set": "The webhook was saved.",
    "person-out": "They are logged out everywhere.",
    "person-removed": "They were removed, with all that let them in.",
    "person-set": "Saved. It counts from their next request on.",
    "paused": "The app is paused. Its visitors see a page that says so, until you resume it.",
    "set": "The settings were saved. More memory and CPU count at once, the rest from the next deployment.",
    "renamed": "The project was renamed. Its address stays.",
    "session-ended": "The session was ended.",
    "settled": "The deployment had ended already; nothing was cancelled.",
    "saved": "The variables were saved. Running releases get them with the next deployment.",
    "unchanged": "Nothing had changed, so nothing was saved.",
    "welcome": "Your login is set. Welcome.",
}
