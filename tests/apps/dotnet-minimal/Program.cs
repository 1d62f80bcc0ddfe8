var app = WebApplication.CreateBuilder(args).Build();
var tally = 0;
app.MapGet("/", () => $"seen {Interlocked.Increment(ref tally)} times");
app.Run();
