"""What a WSGI server loads: `app`."""

from portal.app import create_app

app = create_app()
