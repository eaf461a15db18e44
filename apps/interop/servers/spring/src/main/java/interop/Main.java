package interop;

import java.util.Map;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.context.WebServerApplicationContext;

/** Starts the setups that its arguments name, each as an application of its own on a free port, and prints the ports. */
public final class Main {
  private static final String SECURITY =
      "org.springframework.boot.autoconfigure.security.servlet.SecurityAutoConfiguration,"
          + "org.springframework.boot.autoconfigure.security.servlet.UserDetailsServiceAutoConfiguration";

  private Main() {}

  public static void main(String[] setups) throws ClassNotFoundException {
    for (String setup : setups) {
      var sockets = Class.forName("interop." + setup + ".Sockets");
      var defaults =
          Map.<String, Object>of(
              "server.port", "0",
              "server.address", "127.0.0.1",
              "spring.main.banner-mode", "off",
              "spring.autoconfigure.exclude", setup.contains("security") ? "" : SECURITY);
      var context = new SpringApplicationBuilder(App.class, sockets).properties(defaults).run();
      var port = ((WebServerApplicationContext) context).getWebServer().getPort();
      System.out.println("setup " + setup + " port " + port);
    }
    System.out.println("all setups run");
  }
}
