package shared

const Greeting = "from the other module"
