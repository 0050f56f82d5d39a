"""The mails of the shop: all of them, and each as its reader sees it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.core.box import Box
from sandbox.mails.folder import MailFolder, NoMail
from sandbox.mails.message import Mail
from sandbox.pages.rendering import HEADERS, render

# What a mail may do in its frame: show itself. Its links open in windows of their own.
FRAMED = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
}
FRAMING = {"Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; frame-src 'self'"}
DOWNLOAD = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}


class MailPages:
    """The routes below ``/mails/``. They only read files, so each answer is made in a thread."""

    def __init__(self, box: Box) -> None:
        self.settings = box.settings

    def routes(self) -> list[Route]:
        mail = "/mails/{file}/{place:int}"
        return [
            Route("/mails/", self.guarded(self.show_all), methods=["GET"]),
            Route(f"{mail}/", self.guarded(self.show), methods=["GET"]),
            Route(f"{mail}/html", self.guarded(self.show_html), methods=["GET"]),
            Route(f"{mail}/attachments/{{number:int}}", self.guarded(self.download), methods=["GET"]),
        ]

    def guarded(self, view: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Return the view, which says on a page why it has nothing to show."""

        def answer(request: Request) -> Response:
            try:
                return view(request)
            except NoMail as error:
                return self.page("mails/none.html", status=404, problem=str(error))

        return answer

    def show_all(self, request: Request) -> Response:
        if self.settings.mails is None:
            return self.page("mails/list.html", kept=None)
        return self.page("mails/list.html", kept=self.folder().newest_first())

    def show(self, request: Request) -> Response:
        page = self.page("mails/mail.html", mail=self.mail(request))
        page.headers.update(FRAMING)
        return page

    def show_html(self, request: Request) -> Response:
        html = self.mail(request).html
        if html is None:
            raise NoMail("This mail has no HTML.")
        return HTMLResponse(html, headers=FRAMED)

    def download(self, request: Request) -> Response:
        attachments = self.mail(request).attachments
        number = request.path_params["number"]
        if number >= len(attachments):
            raise NoMail("This mail has no such attachment.")
        name, content = attachments[number]
        headers = {**DOWNLOAD, "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    def folder(self) -> MailFolder:
        if self.settings.mails is None:
            raise NoMail("This sandbox was started without --mails.")
        return MailFolder(Path(self.settings.mails))

    def mail(self, request: Request) -> Mail:
        return self.folder().find(request.path_params["file"], request.path_params["place"])

    def page(self, template: str, *, status: int = 200, **context: object) -> Response:
        return render(template, status=status, merchant=self.settings.merchant, **context)
