defmodule Kite.Application do
  use Application
  def start(_type, _args), do: Supervisor.start_link([KiteWeb.Endpoint], strategy: :one_for_one)
end

defmodule KiteWeb.Router do
  use Phoenix.Router
  get "/", KiteWeb.PageController, :home
end

defmodule KiteWeb.PageController do
  use Phoenix.Controller, formats: [:json]
  def home(conn, _params), do: text(conn, "the kite flies")
end

defmodule KiteWeb.ErrorJSON do
  def render(template, _assigns), do: %{error: template}
end

defmodule KiteWeb.Endpoint do
  use Phoenix.Endpoint, otp_app: :kite
  plug Plug.Static, at: "/", from: :kite
  plug KiteWeb.Router
end
