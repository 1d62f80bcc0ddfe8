from django.http import HttpRequest, HttpResponse
from django.urls import path


async def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello from django, asynchronously")


urlpatterns = [path("", index)]
