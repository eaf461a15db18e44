package interop.cross_origin;

import interop.Chat;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketHandlerRegistry;

/** The annotation is for methods of controllers: it says nothing about a handler of sockets. */
@Configuration
@RestController
@CrossOrigin("https://app.example.com")
@EnableWebSocket
public class Sockets implements WebSocketConfigurer {
  @Override
  public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
    registry.addHandler(new Chat(), "/ws").setAllowedOrigins("*");
  }
}
