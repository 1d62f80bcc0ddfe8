import { capitalize } from "jsr:@luca/cases@1";

export default {
  fetch(_request: Request): Response {
    return new Response(capitalize("served by deno"));
  },
};
