const express = require("express");

const app = express();

app.get("/", (request, response) => {
  response.type("text").send(`express on node ${process.version.split(".")[0]}`);
});

app.listen(process.env.PORT, () => console.log(`listening on ${process.env.PORT}`));
