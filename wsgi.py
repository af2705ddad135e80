"""What a WSGI server loads: `app`."""

import os

from portal.app import create_app

os.umask(0o077)  # what the portal writes, photos and database, is for its own user only
app = create_app()
