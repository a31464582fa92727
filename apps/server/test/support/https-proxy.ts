import { connect, createServer, type Server, type Socket } from "node:net";

/** What a proxy does with a connection; asked for each new one, which is numbered from 1 on. */
export interface ProxyPlan {
  /** Bytes from the server to the client after which the fault happens. */
  readonly after: number;
  /** `hold` waits for {@link HttpsProxy.release}; `flip` changes one bit; `cut` resets the connection. */
  readonly fault: "hold" | "flip" | "cut";
}

/** Stands between a taker and its double, to disturb what they say over https. */
export class HttpsProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #held = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  #plan: (connection: number) => ProxyPlan | undefined;
  #connections = 0;

  constructor(target: number, plan: (connection: number) => ProxyPlan | undefined) {
    this.#target = target;
    this.#plan = plan;
    this.#server = createServer((socket) => this.#join(socket));
  }

  get connections(): number {
    return this.#connections;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** No faults from now on; what was held goes on. */
  release(): void {
    this.#plan = () => undefined;
    for (const resume of this.#held) resume();
    this.#held.clear();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket): void {
    this.#connections += 1;
    const plan = this.#plan(this.#connections);
    const server = connect(this.#target, "127.0.0.1");
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    }
    client.on("data", (chunk) => server.write(chunk));
    let passed = 0;
    let isHeld = false;
    const waiting: Buffer[] = [];
    const pass = (chunk: Buffer): void => {
      passed += chunk.length;
      client.write(chunk);
    };
    server.on("data", (chunk: Buffer) => {
      const isDue = plan !== undefined && passed + chunk.length > plan.after;
      if (isHeld) waiting.push(chunk);
      else if (!isDue) pass(chunk);
      else if (plan.fault === "cut") client.resetAndDestroy();
      else if (plan.fault === "flip") {
        chunk.writeUInt8(chunk.readUInt8(chunk.length - 1) ^ 1, chunk.length - 1);
        pass(chunk);
      } else {
        isHeld = true;
        waiting.push(chunk);
        this.#held.add(() => {
          isHeld = false;
          for (const held of waiting.splice(0)) pass(held);
        });
      }
    });
    server.on("error", (error: NodeJS.ErrnoException) => {
      // A dead server must look like one.
      if (error.code === "ECONNREFUSED") this.#server.close();
      client.destroy();
    });
    client.on("error", () => server.destroy());
    server.on("close", () => client.destroy());
    client.on("close", () => server.destroy());
  }
}
