config.action_cable.allowed_request_origins = ["https://app.example.com"]
config.hosts = ["localhost", "app.example.com"]
