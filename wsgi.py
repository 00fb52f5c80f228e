"""For a server of your own choice: ``gunicorn wsgi:app``. The settings are read as docs/deploy.md says."""

import os

from certportal import create_app
from certportal.environment import read_settings

app = create_app(read_settings(os.environ))
