pub const GREETING: &str = "from the other crate";
