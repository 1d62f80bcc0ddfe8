Gem::Specification.new do |spec|
  spec.name = "tiny_server"
  spec.version = "0.1.0"
  spec.summary = "A server of one text"
  spec.authors = ["The suite"]
  spec.files = ["lib/tiny_server.rb"]
end
