"""What a WSGI server loads: `app`."""

import os
import sys

from portal.app import create_app
from portal.config import BadSettings

os.umask(0o077)  # what the portal writes, photos and database, is for its own user only
try:
    app = create_app()
except BadSettings as error:
    sys.exit(f"The portal does not start. {error}")
