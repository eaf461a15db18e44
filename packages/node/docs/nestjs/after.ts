import type { Server } from "node:http";
// #region guide
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { createPolicy, guard } from "@wsorigin/node";

@WebSocketGateway({ path: "/chat" })
class ChatGateway {
  @SubscribeMessage("say")
  say(_client: unknown, text: string) {
    return { event: "said", data: text };
  }
}

@Module({ providers: [ChatGateway] })
class AppModule {}

const origins = ["https://app.example.com"];
const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
app.enableCors({ origin: origins });
app.useWebSocketAdapter(new WsAdapter(app));
guard(app.getHttpServer(), { policy: createPolicy({ origins }) });
// #endregion

export const listen = (port: number): Promise<Server> => app.listen(port, "127.0.0.1");
export const close = (): Promise<void> => app.close();
