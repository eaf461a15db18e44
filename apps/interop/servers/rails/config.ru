# frozen_string_literal: true

require "rails"
require "action_controller/railtie"
require "action_cable/engine"

# One socket that anybody may open whose Origin is allowed, and one page.
class Chat < Rails::Application
  config.root = __dir__
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "only for these tests"
  config.logger = Logger.new($stderr, level: :error)
  config.action_cable.mount_path = "/ws"
  config.action_cable.cable = { adapter: "async" }
  instance_eval File.read(File.join(__dir__, "setups", "#{ENV.fetch("SETUP")}.rb"))
  routes.append { root to: ->(_env) { [200, { "Content-Type" => "text/plain" }, ["chat"]] } }
end

module ApplicationCable
  class Connection < ActionCable::Connection::Base
  end
end

Chat.initialize!
run Chat
