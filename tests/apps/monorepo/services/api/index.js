import("node:http").then(({ createServer }) =>
  createServer((request, response) => {
    response.end(request.url === "/healthz" ? "fine" : "the api of a monorepo");
  }).listen(process.env.PORT, process.env.HOST),
);
