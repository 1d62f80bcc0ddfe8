import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.get("/", (context) => context.text("hono, installed by yarn 4"));
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: process.env.HOST });
