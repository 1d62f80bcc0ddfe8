require "socket"

module TinyServer
  def self.run(port, body)
    server = TCPServer.new("0.0.0.0", port)
    Signal.trap("TERM") { exit }
    loop do
      client = server.accept
      while (line = client.gets) && line.strip != ""
      end
      client.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
      client.close
    end
  end
end
