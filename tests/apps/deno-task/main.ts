Deno.serve(() => new Response(`deno ${Deno.version.deno}, a task`));
