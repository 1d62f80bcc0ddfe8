package library;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;

@Path("/")
public class Books {
    @GET
    public String list() {
        return "all books are lent";
    }
}
