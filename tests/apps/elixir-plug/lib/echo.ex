defmodule Echo.Application do
  use Application

  def start(_type, _args) do
    port = String.to_integer(System.get_env("PORT", "8080"))
    children = [{Bandit, plug: Echo.Router, port: port}]
    Supervisor.start_link(children, strategy: :one_for_one)
  end
end

defmodule Echo.Router do
  use Plug.Router
  plug :match
  plug :dispatch

  get "/", do: send_resp(conn, 200, "echo, echo")
end
