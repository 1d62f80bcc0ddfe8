const Koa = require("koa");

const app = new Koa();
app.use((context) => {
  context.body = "koa, installed by yarn";
});
app.listen(process.env.PORT);
