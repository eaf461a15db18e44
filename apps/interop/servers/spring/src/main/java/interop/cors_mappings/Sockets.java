package interop.cors_mappings;

import interop.Chat;
import org.springframework.context.annotation.Bean;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketHandlerRegistry;

@Configuration
@EnableWebSocket
public class Sockets implements WebSocketConfigurer {
  @Override
  public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
    registry.addHandler(new Chat(), "/ws").setAllowedOrigins("*");
  }

  /** For controllers only: handlers of sockets have a mapping of their own. */
  @Bean
  WebMvcConfigurer corsMappings() {
    return new WebMvcConfigurer() {
      @Override
      public void addCorsMappings(CorsRegistry cors) {
        cors.addMapping("/**").allowedOrigins("https://app.example.com").allowCredentials(true);
      }
    };
  }
}
