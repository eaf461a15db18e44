from fastapi import FastAPI, WebSocket
from starlette.middleware.trustedhost import TrustedHostMiddleware

app = FastAPI()
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["app.example.com", "localhost"])


@app.websocket("/ws")
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("welcome")
    async for _ in websocket.iter_text():
        pass
