import type { Server } from "node:http";
// #region guide
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { createPolicy, guard, identityOf } from "@wsorigin/node";
import type { ServerOptions, Socket } from "socket.io";

@WebSocketGateway()
class ChatGateway {
  @SubscribeMessage("say")
  say(_client: Socket, text: string) {
    return { event: "said", data: text };
  }

  @SubscribeMessage("page")
  page(client: Socket) {
    return { event: "page", data: identityOf(client.request)?.origin };
  }
}

@Module({ providers: [ChatGateway] })
class AppModule {}

const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com", "127.0.0.1"] });
const cors: ServerOptions["cors"] = {
  origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)),
  credentials: true,
};
const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
app.enableCors(cors);
const gate = guard(app.getHttpServer(), { policy });

class GuardedIoAdapter extends IoAdapter {
  override createIOServer(...[port, options]: Parameters<IoAdapter["createIOServer"]>) {
    return super.createIOServer(port, Object.assign({}, options, { cors, allowRequest: gate.allowRequest }));
  }
}
app.useWebSocketAdapter(new GuardedIoAdapter(app));
// #endregion

export const listen = (port: number): Promise<Server> => app.listen(port, "127.0.0.1");
export const close = (): Promise<void> => app.close();
