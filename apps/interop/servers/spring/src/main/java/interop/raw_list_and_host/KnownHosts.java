package interop.raw_list_and_host;

import java.util.Map;
import java.util.Set;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.web.socket.WebSocketHandler;
import org.springframework.web.socket.server.HandshakeInterceptor;

/** Refuses handshakes for names that are not this server's: with DNS rebinding, Origin and Host are both the attacker's. */
final class KnownHosts implements HandshakeInterceptor {
  private static final Set<String> HOSTS = Set.of("localhost", "app.example.com");

  @Override
  public boolean beforeHandshake(
      ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler, Map<String, Object> attributes) {
    var host = request.getHeaders().getHost();
    if (host != null && HOSTS.contains(host.getHostString())) return true;
    response.setStatusCode(HttpStatusCode.valueOf(421));
    return false;
  }

  @Override
  public void afterHandshake(
      ServerHttpRequest request, ServerHttpResponse response, WebSocketHandler handler, Exception exception) {}
}
