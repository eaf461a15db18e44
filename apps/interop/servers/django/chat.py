"""The app of every setup: one socket that greets, and one page."""

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import HttpResponse
from django.urls import path


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()
        await self.send(text_data="welcome")


urlpatterns = [path("", lambda request: HttpResponse("chat"))]
websocket_urlpatterns = [path("ws", ChatConsumer.as_asgi())]
