from bottle import Bottle

application = Bottle()


@application.get("/")
def index() -> str:
    return "hello from bottle"
