import Config

config :kite, KiteWeb.Endpoint,
  adapter: Bandit.PhoenixAdapter,
  render_errors: [formats: [json: KiteWeb.ErrorJSON]]

config :esbuild, version: "0.21.5", kite: [args: ~w(js/app.js --outdir=../priv/static), cd: Path.expand("../assets", __DIR__)]
config :phoenix, :json_library, JSON
