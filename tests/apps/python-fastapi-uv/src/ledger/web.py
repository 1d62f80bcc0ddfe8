from importlib.metadata import version

from fastapi import FastAPI

api = FastAPI()


@api.get("/")
async def index() -> dict[str, str]:
    return {"hello": "ledger", "version": version("ledger")}


def main() -> None:
    import uvicorn

    uvicorn.run(api)
