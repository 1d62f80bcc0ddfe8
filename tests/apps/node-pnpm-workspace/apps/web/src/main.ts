import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { shout } from "text";

const app = new Hono();
app.get("/", (context) => context.text(shout("pnpm workspace")));
serve({ fetch: app.fetch, port: Number(process.env.PORT) });
