import { greet } from "@team/greeting";
import express from "express";

const app = express();
app.get("/", (request, response) => response.type("text").send(greet("workspace")));
app.listen(process.env.PORT);
