"""What every answer of the desk carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def no_store(handler: Handler) -> Handler:
    """A handler whose pages no browser and no proxy keeps."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = handler(request)
        response["Cache-Control"] = "no-store"
        return response

    return answer
