from fastapi import Depends, FastAPI, WebSocket, WebSocketException, status

app = FastAPI()


def known_page(websocket: WebSocket) -> None:
    if websocket.headers.get("origin") not in ["https://app.example.com"]:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)


@app.websocket("/ws", dependencies=[Depends(known_page)])
async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("welcome")
    async for _ in websocket.iter_text():
        pass
