import type { Case } from "./case.ts";

/** A WebSocketConfigurer whose chain after addHandler() is on line 6. */
function raw(chain: string, members = "", annotations = "@EnableWebSocket"): string {
  return `package chat;
import org.springframework.web.socket.config.annotation.*;
@Configuration ${annotations}
public class Sockets implements WebSocketConfigurer {
  @Override public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
    registry.addHandler(new Chat(), "/ws")${chain};
  }
  ${members}
}
`;
}

/** A WebSocketMessageBrokerConfigurer with this body, on line 5. */
function stomp(body: string): string {
  return `package chat;
import org.springframework.web.socket.config.annotation.*;
@EnableWebSocketMessageBroker public class Sockets implements WebSocketMessageBrokerConfigurer {
  @Override public void registerStompEndpoints(StompEndpointRegistry registry) {
    ${body}
  }
}
`;
}

function app(what: string, source: string | Readonly<Record<string, string>>, ...found: readonly string[]): Case {
  return { what: `Spring: ${what}`, files: typeof source === "string" ? { "Sockets.java": source } : source, found };
}

const line6 = "Sockets.java:6";
const line5 = "Sockets.java:5";

const filter = (origin: string): string =>
  `@Bean CorsFilter corsFilter() { var cors = new CorsConfiguration(); cors.addAllowedOrigin("${origin}"); return new CorsFilter(source(cors)); }`;

/** Spring's WebSocketConfigurer and WebSocketMessageBrokerConfigurer, and Jakarta's @ServerEndpoint. */
export const spring: readonly Case[] = [
  app("no setAllowedOrigins: pages of its own only", raw("")),
  app("a list", raw('.setAllowedOrigins("https://app.example.com", "https://admin.example.com")')),
  app("a list without entries", raw(".setAllowedOrigins()")),
  app("any origin", raw('.setAllowedOrigins("*")'), `WSO270 ${line6}`),
  app("any origin among others", raw('.setAllowedOrigins("https://app.example.com", "*")'), `WSO270 ${line6}`),
  app("any pattern", raw('.setAllowedOriginPatterns("*")'), `WSO270 ${line6}`),
  app(
    "any origin, after addInterceptors",
    raw('.addInterceptors(new Log()).setAllowedOrigins("*").withSockJS()'),
    `WSO270 ${line6}`,
  ),
  app("a constant", raw(".setAllowedOrigins(ANY)", 'private static final String ANY = "*";'), "WSO270 Sockets.java:8"),
  app(
    "an array",
    raw(".setAllowedOrigins(ORIGINS)", 'private final String[] ORIGINS = {"https://a.example.com", "*"};'),
    "WSO270 Sockets.java:8",
  ),
  app("an array that is made there", raw('.setAllowedOrigins(new String[] {"*"})'), `WSO270 ${line6}`),
  app(
    "a list that becomes an array",
    raw('.setAllowedOrigins(List.of("*").toArray(new String[0]))'),
    `WSO270 ${line6}`,
  ),
  app(
    "origins of the configuration",
    raw(".setAllowedOrigins(origins)", '@Value("${app.origins}") private String[] origins;'),
  ),
  app("every https page", raw('.setAllowedOriginPatterns("https://*")'), `WSO271 ${line6}`),
  app("every page on some ports", raw('.setAllowedOriginPatterns("https://*:[443,8443]")'), `WSO271 ${line6}`),
  app("a star without a dot", raw('.setAllowedOriginPatterns("https://*example.com")'), `WSO271 ${line6}`),
  app("a star at the end", raw('.setAllowedOriginPatterns("https://app.example.*")'), `WSO271 ${line6}`),
  app("a star in the middle", raw('.setAllowedOriginPatterns("https://app.*.example.com")'), `WSO271 ${line6}`),
  app("a pattern without a scheme", raw('.setAllowedOriginPatterns("*.example.com")'), `WSO271 ${line6}`),
  app("a pattern over a top-level domain", raw('.setAllowedOriginPatterns("https://*.com")'), `WSO271 ${line6}`),
  app("a pattern over a hosting service", raw('.setAllowedOriginPatterns("https://*.github.io")'), `WSO271 ${line6}`),
  app("every subdomain", raw('.setAllowedOriginPatterns("https://*.example.com")'), `WSO272 ${line6}`),
  app(
    "every subdomain, with ports",
    raw('.setAllowedOriginPatterns("https://*.example.com:[8080,8081]")'),
    `WSO272 ${line6}`,
  ),
  app("every port of a page", raw('.setAllowedOriginPatterns("https://app.example.com:[*]")')),
  app("a pattern without a star", raw('.setAllowedOriginPatterns("https://app.example.com:[443,8443]")')),
  app(
    "STOMP, any origin",
    stomp('registry.addEndpoint("/ws").setAllowedOrigins("*").withSockJS();'),
    `WSO270 ${line5}`,
  ),
  app(
    "STOMP, any pattern in a variable",
    stomp('var endpoint = registry.addEndpoint("/ws"); endpoint.setAllowedOriginPatterns("*");'),
    `WSO270 ${line5}`,
  ),
  app("STOMP, a list", stomp('registry.addEndpoint("/ws").setAllowedOrigins("https://app.example.com").withSockJS();')),
  app("STOMP, no list", stomp('registry.addEndpoint("/ws").withSockJS();')),
  app("setAllowedOrigins of CORS is another one", {
    "Cors.java": 'class Cors { void set(CorsConfiguration cors) { cors.setAllowedOrigins(List.of("*")); } }\n',
  }),
  app(
    "@CrossOrigin beside an open handler",
    raw('.setAllowedOrigins("*")', "", '@CrossOrigin("https://app.example.com")'),
    `WSO270 ${line6}`,
    "WSO273 Sockets.java:3",
  ),
  app("@CrossOrigin beside a list", raw('.setAllowedOrigins("https://app.example.com")', "", "@CrossOrigin")),
  app(
    "addCorsMappings beside an open handler",
    {
      "Sockets.java": raw('.setAllowedOrigins("*")'),
      "Web.java":
        'class Web implements WebMvcConfigurer {\n  public void addCorsMappings(CorsRegistry cors) {\n    cors.addMapping("/**").allowedOrigins("https://app.example.com");\n  }\n}\n',
    },
    `WSO270 ${line6}`,
    "WSO273 Web.java:3",
  ),
  app(
    "a CorsFilter in front of an open handler: a warning",
    raw('.setAllowedOrigins("*")', filter("https://app.example.com")),
    `WSO270 ${line6}`,
  ),
  app("a CorsFilter that is open too", raw('.setAllowedOrigins("*")', filter("*")), `WSO270 ${line6}`),
  app(
    "a finding that a comment explains",
    raw('\n    // wsorigin-ignore WSO270: public feed\n    .setAllowedOrigins("*")'),
  ),
  app(
    "what is in comments and texts",
    raw('; // .setAllowedOrigins("*")\n    var text = "registry.addHandler(x).setAllowedOrigins(*)"'),
  ),
  app("what tests have", { "src/test/SocketsTest.java": raw('.setAllowedOrigins("*")'), "A.java": "class A {}\n" }),
  app("@ServerEndpoint", { "Chat.java": '@ServerEndpoint("/ws")\npublic class Chat {}\n' }, "WSO274 Chat.java:1"),
  app("@ServerEndpoint with a configurator that checks", {
    "Chat.java": '@ServerEndpoint(value = "/ws", configurator = Pages.class)\npublic class Chat {}\n',
    "Pages.java":
      "class Pages extends ServerEndpointConfig.Configurator {\n  @Override public boolean checkOrigin(String origin) { return ORIGINS.contains(origin); }\n}\n",
  }),
  app(
    "@ServerEndpoint with a configurator that checks nothing",
    {
      "Chat.java": '@ServerEndpoint(value = "/ws", configurator = Pages.class)\npublic class Chat {}\n',
      "Pages.java":
        "class Pages extends ServerEndpointConfig.Configurator {\n  @Override public boolean checkOrigin(String origin) { return true; }\n}\n",
    },
    "WSO274 Chat.java:1",
  ),
];
