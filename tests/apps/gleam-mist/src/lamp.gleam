import gleam/bytes_tree
import gleam/erlang/process
import gleam/http/response
import mist

pub fn main() {
  let assert Ok(_) =
    fn(_request) {
      response.new(200)
      |> response.set_body(mist.Bytes(bytes_tree.from_string("the lamp is on")))
    }
    |> mist.new
    |> mist.bind("0.0.0.0")
    |> mist.port(8080)
    |> mist.start_http

  process.sleep_forever()
}
