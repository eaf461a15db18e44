package interop;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What every setup has: a page. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class App {
  @GetMapping("/")
  public String page() {
    return "chat";
  }
}
