"""What the settings of every setup have in common."""

SECRET_KEY = "only for these tests"
DEBUG = False
ROOT_URLCONF = "chat"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "channels",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
