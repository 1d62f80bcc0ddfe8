"""Answers that follow from the store and the question alone: made once, given until the store changes."""

from typing import Final, TypeAlias

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from sotabox.model.user import User
from sotabox.operations.actor import Actor
from sotabox.store.database import Database

#: A handler's `opt` that vouches for it: what it answers depends on its user, path and query, and on
#: rows of the database; on no header, no clock, and nothing else that the process knows.
FROM_STORE_ALONE: Final = "from_store_alone"

_ROOM_BYTES: Final = 4_000_000
_ENTRY_BYTES: Final = 800  # what an answer takes beside its texts

_Question: TypeAlias = tuple[User, bytes, str, bytes]  # who asks, host, path, query
_Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
_Answer: TypeAlias = tuple[_Headers, bytes]  # and body


class Remembered:
    """Stands between the gate, which says who asks, and the application, which answers.

    An answer is one user's, as the gate has just recognised them, and one state of the database's:
    whatever could make it another one, a lost membership as well, is a change of state. So to give it
    again decides nothing that the application would have decided otherwise. The question has the whole
    user, since one who was recognised before their role changed may be answered after that.
    """

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database
        self._answers = _Answers(None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers from memory, or has the application answer and remembers that."""
        if (
            scope["type"] != ScopeType.HTTP
            or scope["method"] != "GET"
            or not isinstance(actor := scope.get("user"), Actor)
        ):
            await self._app(scope, receive, send)
            return
        answers = self._of_now()
        question = (actor.user, _host(scope), scope["path"], scope["query_string"])
        if (answer := answers.get(question)) is None:
            await self._app(scope, receive, _noting(send, scope, answers, question))
            return
        headers, body = answer
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _of_now(self) -> "_Answers":
        state = self._database.state()
        if self._answers.state is not state:
            self._answers = _Answers(state)
        return self._answers


class _Answers(dict[_Question, _Answer]):
    """What was answered while the database was in one state.

    Who began to answer before it changed keeps it here, where nobody looks any more.
    """

    def __init__(self, state: object) -> None:
        super().__init__()
        self.state = state
        self._size_bytes = 0

    def keep(self, question: _Question, answer: _Answer) -> None:
        """Remembers an answer; all others are forgotten where there is no room for it."""
        _, *texts = question
        size_bytes = sum(map(len, texts)) + len(answer[1]) + _ENTRY_BYTES
        if self._size_bytes + size_bytes > _ROOM_BYTES:
            self.clear()
            self._size_bytes = 0
        self._size_bytes += size_bytes
        self[question] = answer


def _host(scope: Scope) -> bytes:
    """What the client calls this box: the framework refuses what can be no name."""
    return next((value for name, value in scope["headers"] if name == b"host"), b"")


def _noting(send: Send, scope: Scope, answers: _Answers, question: _Question) -> Send:
    """`send`, which keeps an answer that comes whole and whose handler vouches for it."""
    headers: _Headers | None = None

    async def noting(message: Message) -> None:
        nonlocal headers
        if message["type"] == "http.response.start":
            vouched = message["status"] == 200 and FROM_STORE_ALONE in scope["route_handler"].opt
            headers = tuple(message["headers"]) if vouched else None
        elif message["type"] == "http.response.body" and headers is not None:
            if not message["more_body"]:
                answers.keep(question, (headers, message["body"]))
            headers = None
        await send(message)

    return noting
