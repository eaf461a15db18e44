package interop;

import java.io.IOException;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/** A socket that greets. */
public final class Chat extends TextWebSocketHandler {
  @Override
  public void afterConnectionEstablished(WebSocketSession session) throws IOException {
    session.sendMessage(new TextMessage("welcome"));
  }
}
