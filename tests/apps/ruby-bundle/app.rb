require "bundler/setup"
require "tiny_server"

TinyServer.run(Integer(ENV.fetch("PORT")), "a gem of the tree, Ruby #{RUBY_VERSION[0]}")
