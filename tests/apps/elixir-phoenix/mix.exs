defmodule Kite.MixProject do
  use Mix.Project

  def project do
    [
      app: :kite,
      version: "0.1.0",
      elixir: "~> 1.15",
      aliases: aliases(),
      deps: deps()
    ]
  end

  def application, do: [mod: {Kite.Application, []}, extra_applications: [:logger]]

  defp deps do
    [{:phoenix, "~> 1.7"}, {:bandit, "~> 1.5"}, {:esbuild, "~> 0.8", runtime: Mix.env() == :dev}]
  end

  defp aliases do
    [
      "assets.setup": ["esbuild.install --if-missing"],
      "assets.deploy": ["esbuild kite --minify", "phx.digest"]
    ]
  end
end
