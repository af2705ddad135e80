"""The yardstick: a bare Flask page that asks one indexed question of the same database."""

import sqlite3
import sys
from threading import local

from flask import Flask
from waitress import serve


def make(path: str) -> Flask:
    """Return an app whose only page shows one case, found by its unique number."""
    app = Flask(__name__)
    per_thread = local()

    @app.get("/<number>")
    def case(number: str) -> str:
        if not hasattr(per_thread, "connection"):
            per_thread.connection = sqlite3.connect(path)
        row = per_thread.connection.execute(
            'SELECT number, state FROM "case" WHERE number = ?', (number,)
        ).fetchone()
        return f"<!doctype html><title>{row[0]}</title><h1>{row[1]}</h1>"

    return app


if __name__ == "__main__":
    serve(make(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=4, ident=None)
