package weather;

import io.javalin.Javalin;

public class Main {
    public static void main(String[] args) {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        Javalin.create().get("/", ctx -> ctx.result("rain, then sun")).start(port);
    }
}
