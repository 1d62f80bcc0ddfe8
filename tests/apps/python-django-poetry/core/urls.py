from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import path


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"hello from django, styled by {static('core/shop.css')}")


urlpatterns = [path("", index)]
