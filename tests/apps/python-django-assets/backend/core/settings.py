import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("SECRET_KEY", "only for this example")
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
ROOT_URLCONF = "core.urls"
ASGI_APPLICATION = 'core.asgi.application'
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR.parent / "assets"]
STATIC_ROOT = BASE_DIR / "collected"
