config.action_cable.allowed_request_origins = ["https://app.example.com"]
config.action_cable.allow_same_origin_as_host = false
