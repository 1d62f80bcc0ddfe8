use core_words::GREETING;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").expect("PORT is set");
    for stream in TcpListener::bind(format!("0.0.0.0:{port}"))?.incoming() {
        let mut stream = stream?;
        let lines = BufReader::new(stream.try_clone()?).lines();
        lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
        let head = "HTTP/1.1 200 OK\r\nConnection: close";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{GREETING}", GREETING.len())?;
    }
    Ok(())
}
