from base import *

ASGI_APPLICATION = "asgi.application"
ALLOWED_HOSTS = ["app.example.com", "localhost"]
INSTALLED_APPS = ["corsheaders", *INSTALLED_APPS]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *MIDDLEWARE]
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOW_CREDENTIALS = True
