from flask import Flask, url_for


def create_app(name: str = "shop") -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def index() -> str:
        return f"hello from the {name} at {url_for('index', _external=True)}"

    return app
