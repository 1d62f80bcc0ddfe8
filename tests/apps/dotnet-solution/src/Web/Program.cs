var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => Domain.Prices.Of("tea"));
app.Run();
