from base import *

ASGI_APPLICATION = "asgi.application"
ALLOWED_HOSTS = ["app.example.com", "localhost"]
