import Fastify from "fastify";

const orders: { id: number; item: string }[] = [{ id: 1, item: "tea" }];
const app = Fastify({ logger: true });

app.get("/", async () => ({ framework: "fastify", orders }));

await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) });
