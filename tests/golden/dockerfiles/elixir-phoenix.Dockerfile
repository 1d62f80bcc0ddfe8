FROM elixir:1.18-otp-27-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git ca-certificates && rm -rf /var/lib/apt/lists/*
ENV MIX_ENV=prod LANG=C.UTF-8 ELIXIR_ERL_OPTIONS=+fnu
RUN mix local.hex --force && mix local.rebar --force
COPY source/mix.exs source/mix.lock ./
COPY source/config/config.exs source/config/prod.exs ./config/
RUN mix deps.get --only prod && mix deps.compile && mix assets.setup

FROM dependencies AS build
COPY source/ ./
RUN mix compile && mix assets.deploy && mix release --overwrite kite

FROM debian:trixie-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app && apt-get update && apt-get install -y --no-install-recommends ca-certificates libncurses6 libstdc++6 openssl && rm -rf /var/lib/apt/lists/*
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 MIX_ENV=prod LANG=C.UTF-8 ELIXIR_ERL_OPTIONS=+fnu PHX_SERVER=true
WORKDIR /app
COPY --chown=10001:10001 --from=build /app/_build/prod/rel/kite /app
USER 10001:10001
EXPOSE 8080
CMD ["bin/kite", "start"]
