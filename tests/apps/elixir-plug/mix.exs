defmodule Echo.MixProject do
  use Mix.Project

  def project do
    [app: :echo, version: "0.1.0", elixir: "~> 1.16", start_permanent: Mix.env() == :prod, deps: deps()]
  end

  def application, do: [extra_applications: [:logger], mod: {Echo.Application, []}]

  defp deps, do: [{:bandit, "~> 1.5"}, {:plug, "~> 1.16"}]
end
